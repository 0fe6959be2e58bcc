package io.virtualnode.examples.federation;

import io.virtualnode.testkit.KubeBinaries;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One run: sets up what the plan says, submits the Jobs, watches until they have ended. */
final class Demo implements AutoCloseable {

  static final String NODE = "vnode";
  private static final String NAMESPACE = "default";
  private static final Duration NODE_LIMIT = Duration.ofSeconds(90);
  private static final Duration STILL_LIMIT = Duration.ofSeconds(60);
  private static final Duration TICK = Duration.ofMillis(50);

  private final Plan plan;
  private final PrintStream out;
  private final Screen screen;
  private final Path folder;
  private final CountDownLatch closing = new CountDownLatch(1);

  // guarded by this
  private List<LocalCluster> clusters = List.of();
  private @Nullable VnodeProcess vnode;
  private boolean keepFolder;

  Demo(Plan plan, PrintStream out, Screen screen) throws IOException {
    this.plan = plan;
    this.out = out;
    this.screen = screen;
    this.folder = Files.createTempDirectory("virtualnode-demo-");
  }

  /** Runs everything and says what is wrong; nothing on success. */
  List<String> run() throws IOException, InterruptedException {
    KubeBinaries.locate(this::say);
    startClusters();
    startNode();
    var picture =
        new Picture(
            NODE,
            plan.members().stream().map(Plan.Member::name).toList(),
            plan.jobs().size(),
            System::nanoTime);
    try (var watches = new Watches(picture, NODE, primary(), members())) {
      awaitNode(picture);
      submit(picture);
      var faults = follow(picture, watches);
      var outcome = picture.outcome();
      say("");
      outcome.summary().forEach(this::say);
      faults.addAll(outcome.faults());
      synchronized (this) {
        keepFolder = !faults.isEmpty();
      }
      return faults;
    }
  }

  private void startClusters() {
    say(
        "starting the primary and "
            + plan.members().stream()
                .map(m -> "%s (%d x %d cores)".formatted(m.name(), m.nodes(), m.coresPerNode()))
                .collect(Collectors.joining(", ")));
    var builders = new ArrayList<LocalCluster.Builder>();
    builders.add(LocalCluster.builder("primary").progress(this::say));
    for (var member : plan.members()) {
      builders.add(
          LocalCluster.builder(member.name())
              .progress(this::say)
              .nodes(member.nodes(), NodeShape.cores(member.coresPerNode())));
    }
    var started = LocalCluster.startAll(builders.toArray(LocalCluster.Builder[]::new));
    synchronized (this) {
      clusters = started;
    }
  }

  private void startNode() throws IOException {
    var configuration = folder.resolve("vnode.yaml");
    Files.writeString(configuration, configuration());
    say("starting: vnode run --config " + configuration);
    var started = VnodeProcess.start(configuration, log());
    synchronized (this) {
      vnode = started;
    }
  }

  private String configuration() {
    return "node: {name: %s}%nprimary: {kubeconfig: %s}%nmembers:%n%s"
        .formatted(
            NODE,
            primary().kubeconfig(),
            members().stream()
                .map(m -> "- {name: %s, kubeconfig: %s}%n".formatted(m.name(), m.kubeconfig()))
                .collect(Collectors.joining()));
  }

  private void awaitNode(Picture picture) throws InterruptedException {
    long all = 1000L * plan.cores();
    boolean complete =
        await(NODE_LIMIT, () -> !isNodeAlive() || picture.snapshot().allocatableMillis() == all);
    if (!complete || !isNodeAlive()) {
      throw new IllegalStateException(
          "node %s has %s of %d cores after %d s; vnode: %s"
              .formatted(
                  NODE,
                  Table.cores(picture.snapshot().allocatableMillis()),
                  plan.cores(),
                  NODE_LIMIT.toSeconds(),
                  node().map(VnodeProcess::lastWords).orElse("not started")));
    }
    say("node %s offers %d cores, all that the members have free".formatted(NODE, plan.cores()));
  }

  private void submit(Picture picture) {
    long wide = plan.wideJobs();
    say(
        "submitting %d Jobs (%d with 1 core, %d with 8): %d cores wanted, %d there"
            .formatted(
                plan.jobs().size(),
                plan.jobs().size() - wide,
                wide,
                plan.wantedCores(),
                plan.cores()));
    say("");
    picture.begin();
    for (var job : plan.jobs()) {
      primary().client().batch().v1().jobs().inNamespace(NAMESPACE).resource(job.toJob()).create();
    }
  }

  /** Until every Job has ended and both sides agree about it, or nothing moves any more. */
  private List<String> follow(Picture picture, Watches watches) throws InterruptedException {
    var faults = new ArrayList<String>();
    long shown = System.nanoTime() - screen.interval().toNanos();
    while (!(picture.allJobsEnded() && picture.agrees())) {
      if (System.nanoTime() - shown >= screen.interval().toNanos()) {
        shown = System.nanoTime();
        screen.show(picture.snapshot());
      }
      watches.judge();
      if (!isNodeAlive()) {
        faults.add("vnode has ended: " + node().map(VnodeProcess::lastWords).orElse(""));
        break;
      }
      if (picture.still().compareTo(STILL_LIMIT) > 0) {
        faults.add("no pod has changed for %d s".formatted(STILL_LIMIT.toSeconds()));
        break;
      }
      pause();
    }
    screen.show(picture.snapshot());
    return faults;
  }

  private boolean await(Duration limit, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      pause();
    }
    return true;
  }

  /** A while, or until the demonstration is closed, from when on nothing must be done any more. */
  private void pause() throws InterruptedException {
    if (closing.await(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new InterruptedException("closed");
    }
  }

  /** How to look around while everything is up. */
  List<String> directions() {
    var lines = new ArrayList<String>();
    lines.add("kubectl --kubeconfig %s get nodes,jobs,pods".formatted(primary().kubeconfig()));
    for (var member : members()) {
      lines.add("kubectl --kubeconfig %s get nodes,pods -o wide".formatted(member.kubeconfig()));
    }
    lines.add("log of the virtual node: " + log());
    lines.add("its configuration:       " + folder.resolve("vnode.yaml"));
    return lines;
  }

  private Path log() {
    return folder.resolve("vnode.log");
  }

  private synchronized LocalCluster primary() {
    return clusters.get(0);
  }

  private synchronized List<LocalCluster> members() {
    return clusters.subList(1, clusters.size());
  }

  private synchronized Optional<VnodeProcess> node() {
    return Optional.ofNullable(vnode);
  }

  private boolean isNodeAlive() {
    return node().map(VnodeProcess::isAlive).orElse(false);
  }

  private void say(String line) {
    if (closing.getCount() > 0) {
      out.println(line);
    }
  }

  /** Ends every process; the folder stays if something was wrong. May be called more than once. */
  @Override
  public void close() {
    closing.countDown();
    node().ifPresent(VnodeProcess::close);
    List<LocalCluster> running;
    boolean keep;
    synchronized (this) {
      running = clusters;
      keep = keepFolder;
    }
    running.forEach(LocalCluster::close);
    if (keep) {
      out.println("the virtual node's log is kept: " + log());
      return;
    }
    try {
      Files.deleteIfExists(log());
      Files.deleteIfExists(folder.resolve("vnode.yaml"));
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      out.println(folder + " cannot be deleted: " + e);
    }
  }
}
