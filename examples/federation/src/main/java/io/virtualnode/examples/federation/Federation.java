package io.virtualnode.examples.federation;

import io.virtualnode.testkit.KubeBinaries;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.LocalClusterBuilder;
import io.virtualnode.testkit.NodeShape;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a run: a primary, its members, and the virtual node over them.
 *
 * <p>{@link #close} may be called at any time, from any thread and more than once.
 */
final class Federation implements AutoCloseable {

  /** The virtual node's name. */
  static final String NODE = "vnode";

  private final Path folder;
  private final PrintStream out;

  // guarded by this
  private List<LocalCluster> clusters = List.of();
  private @Nullable VnodeProcess vnode;
  private boolean closed;
  private boolean keepLog;

  Federation(PrintStream out) throws IOException {
    this.out = out;
    this.folder = Files.createTempDirectory("virtualnode-demo-");
  }

  /** Gets the binaries if they are missing and starts everything. */
  void start(List<Plan.Member> members) throws IOException {
    KubeBinaries.locate(out::println);
    out.println(
        "starting the primary and "
            + members.stream()
                .map(m -> "%s (%d x %d cores)".formatted(m.name(), m.nodes(), m.coresPerNode()))
                .collect(Collectors.joining(", ")));
    var builders = new ArrayList<LocalClusterBuilder>();
    builders.add(LocalCluster.builder("primary").progress(out::println));
    for (var member : members) {
      builders.add(
          LocalCluster.builder(member.name())
              .progress(out::println)
              .nodes(
                  member.nodes(),
                  NodeShape.cores(member.coresPerNode())
                      .withLabel(HarvesterQueue.POOL, HarvesterQueue.POOL_NAME)));
    }
    long start = System.nanoTime();
    started(LocalCluster.startAll(builders.toArray(LocalClusterBuilder[]::new)));
    out.printf(Locale.ROOT, "all are up after %.1f s%n", (System.nanoTime() - start) / 1e9);
    HarvesterQueue.prepare(primary().client());
    members().forEach(member -> HarvesterQueue.prepareMember(member.client()));
    Files.writeString(configuration(), configurationText());
    out.println("starting: vnode run --config " + configuration());
    startNode();
  }

  private synchronized void started(List<LocalCluster> running) {
    clusters = running;
    if (closed) {
      closeClusters();
      throw new DemoException("closed while it started");
    }
    running.forEach(LocalCluster::leaveShutdownToCaller); // the node has to end before them
  }

  private synchronized void startNode() {
    if (closed) {
      throw new DemoException("closed while it started");
    }
    vnode = VnodeProcess.start(configuration(), log(), folder);
  }

  private String configurationText() {
    return "node: {name: %s, labels: {%s: %s}}%nprimary: {kubeconfig: %s}%nmembers:%n%s"
        .formatted(
            NODE,
            HarvesterQueue.POOL,
            HarvesterQueue.POOL_NAME,
            primary().kubeconfig(),
            members().stream()
                .map(m -> "- {name: %s, kubeconfig: %s}%n".formatted(m.name(), m.kubeconfig()))
                .collect(Collectors.joining()));
  }

  synchronized LocalCluster primary() {
    return clusters.get(0);
  }

  synchronized List<LocalCluster> members() {
    return clusters.subList(1, clusters.size());
  }

  /**
   * Waits for the virtual node's end, which nobody wants, and says why if it ends.
   *
   * @throws DemoException if everything was closed meanwhile
   */
  Optional<String> nodeFault(Duration within) {
    var process = node();
    var fault =
        process.endsWithin(within)
            ? Optional.of("vnode has ended: " + process.lastWords())
            : Optional.<String>empty();
    node();
    return fault;
  }

  private synchronized VnodeProcess node() {
    if (closed || vnode == null) {
      throw new DemoException("there is no node, or no longer");
    }
    return vnode;
  }

  /** How to look around while everything is up. */
  List<String> directions() {
    var lines = new ArrayList<String>();
    lines.add("kubectl --kubeconfig %s get nodes,jobs,pods".formatted(primary().kubeconfig()));
    for (var member : members()) {
      lines.add("kubectl --kubeconfig %s get nodes,pods -o wide".formatted(member.kubeconfig()));
    }
    lines.add("tail -f " + log());
    lines.add("cat " + configuration());
    return lines;
  }

  /** Leaves the virtual node's log there for whoever wants to know what was wrong. */
  synchronized void keepLog() {
    keepLog = true;
  }

  private Path configuration() {
    return folder.resolve("vnode.yaml");
  }

  /** What the virtual node says goes there. */
  Path log() {
    return folder.resolve("vnode.log");
  }

  /**
   * Ends every process: the node first, so that it ends in order. In a shutdown hook, too, since
   * the clusters' own hooks are gone once they are up. Everything is tried.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (vnode != null) {
        vnode.close();
      }
    } finally {
      try {
        closeClusters();
      } finally {
        removeFiles();
      }
    }
  }

  private synchronized void closeClusters() {
    RuntimeException failure = null;
    for (var cluster : clusters) {
      try {
        cluster.close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private synchronized void removeFiles() {
    if (keepLog && Files.exists(log())) {
      out.println("the virtual node's log is kept: " + log());
      return;
    }
    try {
      Files.deleteIfExists(log());
      Files.deleteIfExists(configuration());
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      out.println(folder + " cannot be deleted: " + e);
    }
  }
}
