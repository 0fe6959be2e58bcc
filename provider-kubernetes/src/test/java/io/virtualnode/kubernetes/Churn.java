package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.NAMESPACE;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.testkit.LocalCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a federation in motion: forwarded pods and the members' own come and go, and nodes are
 * cordoned, tainted, resized and lost for a while.
 *
 * <p>What is done follows from the seed alone, step by step; when and to what effect depends on the
 * clusters. Whatever is taken from a node is given back after some seconds.
 */
final class Churn implements AutoCloseable {

  /** What is done, and counted in {@link #done}. */
  static final Set<String> KINDS =
      Set.of(
          "forwarded",
          "deleted",
          "force-deleted",
          "local",
          "local deleted",
          "cordoned",
          "tainted",
          "resized",
          "not ready");

  private static final int MEAN_PAUSE_MILLIS = 100;
  private static final int REMEMBERED = 12;

  private final Federation federation;
  private final Random random;
  private final ChurnPods pods;
  private final List<ChurnNode> nodes = new ArrayList<>();
  private final List<String> forwarded = new ArrayList<>();
  private final Set<String> forced = new HashSet<>();
  private final List<Pod> local = new ArrayList<>();
  private final List<Long> requestTimes = new ArrayList<>();
  private final List<Long> requestNanos = new ArrayList<>();
  private final Map<String, Integer> done = new TreeMap<>();
  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
  private final CompletableFuture<Void> over = new CompletableFuture<>();
  private long end;

  Churn(Federation federation, long seed) {
    this.federation = federation;
    this.random = new Random(seed);
    this.pods = new ChurnPods(random);
    for (var member : List.of(federation.a, federation.b)) {
      member.client().nodes().list().getItems().stream()
          .map(node -> ChurnNode.of(member, node))
          .sorted(Comparator.comparing(ChurnNode::name))
          .forEach(nodes::add);
    }
  }

  /**
   * Goes on for so long, then gives back to the nodes what is still taken from them.
   *
   * @param check what is to hold at every step
   * @throws java.util.concurrent.CompletionException if a step or the check fails
   */
  void run(Duration duration, Runnable check) {
    end = System.nanoTime() + duration.toNanos();
    submit();
    startLocal();
    later(0, () -> step(check));
    over.orTimeout(duration.toSeconds() + 60, TimeUnit.SECONDS).join();
  }

  /** The names of forwarded pods that were deleted by force, or were to be. */
  Set<String> forced() {
    return forced;
  }

  /** How long it took to create a pod, without anything of ours: a measure of the machine. */
  Samples requests() {
    return new Samples(requestTimes, requestNanos);
  }

  /** How often each thing was done. */
  Map<String, Integer> done() {
    return done;
  }

  private void later(long millis, Runnable action) {
    var unused =
        executor.schedule(
            () -> {
              try {
                action.run();
              } catch (RuntimeException | Error e) {
                over.completeExceptionally(e);
              }
            },
            millis,
            TimeUnit.MILLISECONDS);
  }

  private void step(Runnable check) {
    if (System.nanoTime() - end > 0) {
      giveBack();
      return;
    }
    long begun = System.nanoTime();
    check.run();
    act(random.nextInt(100));
    long pause = Math.round(-Math.log(1 - random.nextDouble()) * MEAN_PAUSE_MILLIS);
    later(pause - (System.nanoTime() - begun) / 1_000_000, () -> step(check));
  }

  /** Waits until the last node has been given back what was taken. */
  private void giveBack() {
    if (nodes.stream().noneMatch(ChurnNode::isDisturbed)) {
      over.complete(null);
    } else {
      later(20, this::giveBack);
    }
  }

  private void act(int dice) {
    if (dice < 38) {
      submit();
    } else if (dice < 46) {
      delete(pick(forwarded), false);
    } else if (dice < 50) {
      delete(pick(forwarded), true);
    } else if (dice < 76) {
      startLocal();
    } else if (dice < 84) {
      stopLocal();
    } else {
      disturb(nodes.get(random.nextInt(nodes.size())), dice);
    }
  }

  private <T> T pick(List<T> list) {
    int back = random.nextInt(REMEMBERED);
    return list.get(Math.max(0, list.size() - 1 - back));
  }

  private void count(String what) {
    done.merge(what, 1, Integer::sum);
  }

  private void submit() {
    var pod = pods.forwarded("p" + forwarded.size());
    var name = pod.getMetadata().getName();
    long life = 4000L + random.nextInt(6000);
    forwarded.add(name);
    create(federation.primary, pod);
    count("forwarded");
    later(life, () -> delete(name, false));
  }

  private Pod create(LocalCluster cluster, Pod pod) {
    long begun = System.nanoTime();
    var created = cluster.client().resource(pod).create();
    requestTimes.add(begun);
    requestNanos.add(System.nanoTime() - begun);
    return created;
  }

  private void delete(String name, boolean force) {
    var pod = federation.primary.client().pods().inNamespace(NAMESPACE).withName(name);
    if (force) {
      forced.add(name);
    }
    var deleted = force ? pod.withGracePeriod(0).delete() : pod.withGracePeriod(3).delete();
    if (!deleted.isEmpty()) {
      count(force ? "force-deleted" : "deleted");
    }
  }

  private void startLocal() {
    var node = nodes.get(random.nextInt(nodes.size()));
    var pod = pods.local("l" + local.size());
    if (random.nextBoolean()) {
      pod.getSpec().setNodeName(node.name());
    }
    local.add(create(node.member(), pod));
    count("local");
  }

  private void stopLocal() {
    var pod = pick(local);
    long grace = random.nextBoolean() ? 0 : 3;
    for (var member : List.of(federation.a, federation.b)) {
      var found = member.client().pods().resource(pod).withGracePeriod(grace).delete();
      if (!found.isEmpty()) {
        count("local deleted");
      }
    }
  }

  private void disturb(ChurnNode node, int dice) {
    long lasting = 500L + random.nextInt(3500);
    int cores = Math.max(1, node.cores() / 2 + random.nextInt(node.cores() + 1));
    if (node.isDisturbed()) {
      return; // it is still in the hands of an earlier step
    }
    if (dice < 88) {
      count("cordoned");
      node.cordon();
    } else if (dice < 92) {
      count("tainted");
      node.taint();
    } else if (dice < 97) {
      count("resized");
      node.resize(cores);
    } else {
      count("not ready");
      node.lose();
    }
    later(lasting, node::giveBack);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
