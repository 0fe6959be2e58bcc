package io.virtualnode.simulation;

import io.virtualnode.kubernetes.placement.Strategy;
import io.virtualnode.simulation.Scheduler.Scoring;
import io.virtualnode.simulation.Site.Topology;
import org.jspecify.annotations.Nullable;

/** What a mix is run on. */
enum Contender {
  PACK("aggregate, pack", Topology.AGGREGATE, Strategy.PACK, Scoring.LEAST_ALLOCATED),
  SPREAD("aggregate, spread", Topology.AGGREGATE, Strategy.SPREAD, Scoring.LEAST_ALLOCATED),
  WEIGHTED("aggregate, weighted", Topology.AGGREGATE, Strategy.WEIGHTED, Scoring.LEAST_ALLOCATED),
  NODES_PACK("per-node, MostAllocated", Topology.PER_NODE, Strategy.PACK, Scoring.MOST_ALLOCATED),
  NODES_DEFAULT("per-node, default", Topology.PER_NODE, Strategy.PACK, Scoring.LEAST_ALLOCATED),
  /** One real cluster with all the nodes. */
  REAL_PACK("one cluster, MostAllocated", Topology.PER_NODE, null, Scoring.MOST_ALLOCATED),
  REAL_DEFAULT("one cluster, default", Topology.PER_NODE, null, Scoring.LEAST_ALLOCATED);

  final String label;
  final Topology topology;
  final @Nullable Strategy strategy; // null: no virtual node
  final Scoring scoring;

  Contender(String label, Topology topology, @Nullable Strategy strategy, Scoring scoring) {
    this.label = label;
    this.topology = topology;
    this.strategy = strategy;
    this.scoring = scoring;
  }
}
