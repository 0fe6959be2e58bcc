package io.virtualnode.benchmarks.utilisation;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What is to be compared; the defaults are the comparison that the project promises. */
final class UtilisationOptions {

  /** What the share of wide jobs is a share of. */
  enum ShareOf {
    COUNT,
    CORE_SECONDS
  }

  @Option(
      names = "--topology",
      split = ",",
      defaultValue = "aggregate,per-node",
      description =
          "what the primary sees: ${COMPLETION-CANDIDATES}, several by comma (default: ${DEFAULT-VALUE})")
  List<Topology> topologies = List.of();

  @Option(
      names = "--collect-after",
      split = ",",
      defaultValue = "1m",
      description =
          "placement.collect.after, such as 5s, 1m or never; each with every topology (default:"
              + " ${DEFAULT-VALUE})")
  List<String> collectAfter = List.of();

  @Option(
      names = "--minutes",
      defaultValue = "8",
      description =
          "how long jobs arrive, which is when utilisation is measured (default: ${DEFAULT-VALUE})")
  double minutes;

  @Option(
      names = "--shortest",
      defaultValue = "30",
      description = "seconds that the shortest job runs (default: ${DEFAULT-VALUE})")
  double shortest;

  @Option(
      names = "--longest",
      defaultValue = "90",
      description = "seconds that the longest job runs (default: ${DEFAULT-VALUE})")
  double longest;

  @Option(
      names = "--wide",
      defaultValue = "0.2",
      description = "share of wide jobs, 0 to 1 (default: ${DEFAULT-VALUE})")
  double wide;

  @Option(
      names = "--wide-of",
      defaultValue = "count",
      description = "what it is a share of: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  ShareOf wideOf = ShareOf.COUNT;

  @Option(
      names = "--load",
      defaultValue = "1.2",
      description =
          "work that arrives, as a multiple of what the site can do (default: ${DEFAULT-VALUE})")
  double load;

  @Option(
      names = "--backlog",
      defaultValue = "1.5",
      description =
          "cores wanted at the beginning, as a multiple of the site's (default: ${DEFAULT-VALUE})")
  double backlog;

  @Option(
      names = "--max-backoff",
      defaultValue = "10",
      description =
          "podMaxBackoffSeconds of every scheduler that jobs are submitted to, Kubernetes' own"
              + " being 10 (default: ${DEFAULT-VALUE})")
  int maxBackoffSeconds;

  @Option(
      names = "--control",
      description = "a second yardstick as well, to show what chance makes of the same jobs")
  boolean control;

  @Option(names = "--no-priority", description = "wide jobs have no higher PriorityClass")
  boolean noPriority;

  @Option(
      names = "--members",
      defaultValue = "2",
      description = "member clusters (default: ${DEFAULT-VALUE})")
  int members;

  @Option(
      names = "--nodes",
      defaultValue = "4",
      description = "nodes of each member (default: ${DEFAULT-VALUE})")
  int nodes;

  @Option(
      names = "--cores",
      defaultValue = "8",
      description = "cores of each node, and of a wide job (default: ${DEFAULT-VALUE})")
  int cores;

  @Option(
      names = "--repeat",
      defaultValue = "1",
      description = "runs, each with jobs of its own (default: ${DEFAULT-VALUE})")
  int repeat;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "of the first run's jobs (default: ${DEFAULT-VALUE})")
  long seed;

  @Option(names = "--json", description = "also write the figures to this file")
  Optional<Path> json = Optional.empty();

  @Option(names = "--logs", description = "folder for the virtual nodes' logs (default: nowhere)")
  Optional<Path> logs = Optional.empty();

  @Option(
      names = "--vnode",
      defaultValue = "${sys:vnode.home}",
      description = "folder of the unpacked vnode command")
  Path vnodeHome = Path.of("");

  int siteCores() {
    return members * nodes * cores;
  }

  JobMix mix() {
    return new JobMix(
        siteCores(),
        cores,
        wideOf == ShareOf.COUNT ? wide : JobMix.shareOfJobs(wide, cores),
        Math.round(shortest * 1000),
        Math.round(longest * 1000),
        backlog,
        load,
        Math.round(minutes * 60_000));
  }
}
