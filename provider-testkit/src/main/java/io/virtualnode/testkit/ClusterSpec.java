package io.virtualnode.testkit;

import java.util.List;
import java.util.Map;

/**
 * What a cluster is to be.
 *
 * @param nodes shapes by node name, in the order in which the nodes are made
 */
record ClusterSpec(
    String name,
    Map<String, NodeShape> nodes,
    boolean scheduler,
    List<String> apiServerFlags,
    List<String> controllerManagerFlags,
    List<String> schedulerFlags,
    boolean keepFiles) {}
