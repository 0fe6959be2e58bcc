package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.Whereabouts.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@code vnode check} found, and how it is said.
 *
 * @param clusters the primary and the members, in the order of the configuration
 * @param unconfigured how many pods have their delegates in members that are not configured
 */
record CheckReport(List<Cluster> clusters, SortedMap<Place, Integer> unconfigured) {

  /**
   * One cluster.
   *
   * @param label {@code primary} or {@code member NAME}
   */
  record Cluster(String label, int permissions, Finding finding) {

    boolean fine() {
      return finding instanceof Finding.Reached reached && reached.missing().isEmpty();
    }
  }

  private static final String MEMBER = "member ";

  /** Copies the list. */
  CheckReport {
    clusters = List.copyOf(clusters);
  }

  /** Those clusters, and no pod out of sight. */
  CheckReport(List<Cluster> clusters) {
    this(clusters, new TreeMap<>());
  }

  /** {@link ExitCode#OK} if every cluster answered and grants everything. */
  int exitCode() {
    return clusters.stream().allMatch(Cluster::fine) ? ExitCode.OK : ExitCode.FAILED;
  }

  /** A line per check, and a last one that sums up. */
  List<String> lines() {
    var lines = new ArrayList<String>();
    clusters.forEach(cluster -> describe(cluster, lines));
    lines.addAll(remarks());
    var bad = clusters.stream().filter(cluster -> !cluster.fine()).count();
    lines.add(
        bad == 0
            ? "All right: " + clusters.size() + " clusters are ready"
            : "Not ready: " + bad + " of " + clusters.size() + " clusters");
    return lines;
  }

  /** The same for programs: plain maps, lists and values. */
  Map<String, Object> tree() {
    var rows = new ArrayList<Object>();
    for (var cluster : clusters) {
      var row = new LinkedHashMap<String, Object>();
      row.put("cluster", cluster.label());
      row.put("ready", cluster.fine());
      if (cluster.finding() instanceof Finding.Reached reached) {
        row.put("server", reached.server());
        row.put("version", reached.version());
        reached.user().ifPresent(user -> row.put("user", user));
        reached.clusterUid().ifPresent(uid -> row.put("uid", uid));
        row.put("missing", reached.missing().stream().map(Permission::toString).toList());
      } else if (cluster.finding() instanceof Finding.Unreachable unreachable) {
        row.put("error", unreachable.reason());
      }
      rows.add(row);
    }
    var tree = new LinkedHashMap<String, Object>();
    tree.put("ready", exitCode() == ExitCode.OK);
    tree.put("clusters", rows);
    tree.put("remarks", remarks());
    return tree;
  }

  private static void describe(Cluster cluster, List<String> lines) {
    var label = cluster.label();
    if (cluster.finding() instanceof Finding.Unreachable unreachable) {
      lines.add(label + ": unreachable: " + unreachable.reason());
    } else if (cluster.finding() instanceof Finding.Reached reached) {
      var user = reached.user().orElse("not told by this server");
      lines.add(label + ": Kubernetes " + reached.version() + " at " + reached.server());
      lines.add(label + ": user " + user);
      for (var permission : reached.missing()) {
        lines.add("missing: " + permission + " (" + label + ", user " + user + ")");
      }
      var granted = cluster.permissions() - reached.missing().size();
      lines.add(label + ": " + granted + " of " + cluster.permissions() + " permissions granted");
    }
  }

  /**
   * What may be meant, but seldom is: clusters that are one and the same, and pods out of sight.
   */
  private List<String> remarks() {
    var labels = new LinkedHashMap<String, List<String>>();
    for (var cluster : clusters) {
      if (cluster.finding() instanceof Finding.Reached reached) {
        reached
            .clusterUid()
            .ifPresent(
                uid -> labels.computeIfAbsent(uid, key -> new ArrayList<>()).add(cluster.label()));
      }
    }
    var remarks = new ArrayList<String>();
    labels.values().stream()
        .filter(same -> same.size() > 1)
        .map(
            same ->
                "remark: one and the same cluster: "
                    + String.join(", ", same)
                    + (same.stream().filter(label -> label.startsWith(MEMBER)).count() > 1
                        ? ": only the first member that answers is used, unless each has a"
                            + " namespace of its own and none sees nodes"
                        : ""))
        .forEach(remarks::add);
    unconfigured.forEach(
        (place, pods) -> {
          var now =
              labels.getOrDefault(place.clusterUid(), List.of()).stream()
                  .filter(label -> label.startsWith(MEMBER))
                  .findFirst();
          remarks.add(
              "remark: %d pods have their delegates in member %s, ".formatted(pods, place.member())
                  + now.map(label -> "which is called " + label + " now: they are its own")
                      .orElse(
                          "which is not configured: how they are is unknown. Configure it again,"
                              + " with drain: true if it is to go, until vnode drain "
                              + place.member()
                              + " says that it is empty"));
        });
    return remarks;
  }
}
