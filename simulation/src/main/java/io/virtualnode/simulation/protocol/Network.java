package io.virtualnode.simulation.protocol;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What is under way, and what may still go wrong.
 *
 * @param late requests whose senders await them no more, in order; each arrives once, at any time,
 *     or never
 */
record Network(List<Request> late, Budget budget) {

  Network adding(Request request) {
    var more = new ArrayList<>(late);
    more.add(request);
    Collections.sort(more);
    return new Network(List.copyOf(more), budget);
  }

  Network removing(Request request) {
    var fewer = new ArrayList<>(late);
    fewer.remove(request);
    return new Network(List.copyOf(fewer), budget);
  }

  Network spending(Budget.Fault fault) {
    return new Network(late, budget.spend(fault));
  }

  /** With versions counted from that one. */
  Network since(int start) {
    return start == 0
        ? this
        : new Network(late.stream().map(request -> request.since(start)).sorted().toList(), budget);
  }

  /** Without what can never have an effect again. */
  Network in(State state) {
    if (late.stream().allMatch(request -> request.canHaveEffect(state))) {
      return this;
    }
    return new Network(
        late.stream().filter(request -> request.canHaveEffect(state)).toList(), budget);
  }
}
