package io.virtualnode.kubernetes.config;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;

/** What a running process cannot take over from a new configuration. Pure. */
public final class ConfigurationChange {

  private ConfigurationChange() {}

  /**
   * The paths of what differs and cannot be applied to a running process: until the restart the old
   * values stay in force. Everything else can.
   */
  public static List<String> needingRestart(Configuration before, Configuration after) {
    var paths = new ArrayList<String>();
    compare("node.name", before.node().name(), after.node().name(), paths);
    compare("node.labels", before.node().labels(), after.node().labels(), paths);
    compare("node.taints", before.node().taints(), after.node().taints(), paths);
    compare("node.topology", before.node().topology(), after.node().topology(), paths);
    compare(
        "node.inheritLabels",
        before.node().inheritedLabels(),
        after.node().inheritedLabels(),
        paths);
    compare("node.internalIp", before.node().internalIp(), after.node().internalIp(), paths);
    compare(
        "placement.strategy", before.placement().strategy(), after.placement().strategy(), paths);
    compare("election", before.replicas(), after.replicas(), paths);
    return List.copyOf(paths);
  }

  private static void compare(String path, Object before, Object after, List<String> paths) {
    requireNonNull(before, "before is null");
    if (!before.equals(after)) {
      paths.add(path);
    }
  }
}
