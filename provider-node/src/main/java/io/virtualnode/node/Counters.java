package io.virtualnode.node;

import java.util.concurrent.atomic.LongAdder;

/** What happened, counted since the start. */
final class Counters {
  final LongAdder applies = new LongAdder();
  final LongAdder applyFailures = new LongAdder();
  final LongAdder removes = new LongAdder();
  final LongAdder statusWrites = new LongAdder();
  final LongAdder statusConflicts = new LongAdder();
  final LongAdder podDeletes = new LongAdder();
  final LongAdder nodeStatusWrites = new LongAdder();
  final LongAdder leaseRenewals = new LongAdder();
  final LongAdder eventsWritten = new LongAdder();
  final LongAdder eventsDropped = new LongAdder();

  NodeCounters snapshot() {
    return new NodeCounters(
        applies.sum(),
        applyFailures.sum(),
        removes.sum(),
        statusWrites.sum(),
        statusConflicts.sum(),
        podDeletes.sum(),
        nodeStatusWrites.sum(),
        leaseRenewals.sum(),
        eventsWritten.sum(),
        eventsDropped.sum());
  }
}
