package io.virtualnode.testkit;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a cluster is to be.
 *
 * @param nodes shapes by node name, in the order in which the nodes are made
 * @param schedulerConfiguration fields of kube-scheduler's configuration as YAML, none for its
 *     defaults
 */
record ClusterSpec(
    String name,
    Map<String, NodeShape> nodes,
    boolean scheduler,
    List<String> apiServerFlags,
    List<String> controllerManagerFlags,
    List<String> schedulerFlags,
    Optional<String> schedulerConfiguration,
    boolean keepFiles) {}
