package io.virtualnode.kubernetes.chaos;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.testkit.FaultProxy;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A primary and two members on real clusters with the real {@code vnode run} between them, all of
 * which fails again and again while pods come and go; and what an outside observer finds.
 *
 * <p>Member a is preferred and small, so that b gets the rest; some pods find no node in a, for the
 * ports that they want are taken there.
 */
final class Chaos implements AutoCloseable {

  static final String NODE = "vnode";

  /** What is counted when an API server has been restarted. */
  static final String API_SERVER_BACK = "API server back";

  private static final Duration REST_LIMIT = Duration.ofMinutes(2);
  private static final long SHORTEST_PAUSE_MILLIS = 10_000; // between restarts of API servers
  private static final long LONGEST_PAUSE_MILLIS = 40_000;

  private final ChaosOptions options;
  private final Deque<AutoCloseable> resources = new ArrayDeque<>(); // last opened first
  private final Chronicle chronicle;
  private final Map<String, LocalCluster> clusters = new LinkedHashMap<>();
  private final Map<String, KubernetesClient> direct = new LinkedHashMap<>();
  private final Network network;
  private final Killer killer;
  private final Load load;
  private final Meddler meddler;
  private final ProxyLives lives = new ProxyLives();
  private final ContainerStarts starts = new ContainerStarts();

  private Chaos(ChaosOptions options, Path folder) throws IOException {
    this.options = options;
    try {
      var seeds = new Random(options.seed());
      chronicle = open(new Chronicle(folder.resolve("chronicle.log")));
      startClusters();
      Map<String, FaultProxy> proxies = new LinkedHashMap<>();
      clusters.forEach((name, cluster) -> proxies.put(name, open(cluster.faultProxy())));
      network = new Network(proxies, chronicle);
      load = open(new Load(client("primary"), lives, chronicle, new Random(seeds.nextLong())));
      var members = List.of(client("a"), client("b"));
      var meddling = new Random(seeds.nextLong());
      meddler = new Meddler(client("primary"), members, lives, chronicle, meddling);
      var configuration = Files.writeString(folder.resolve("vnode.yaml"), configuration(proxies));
      var log = folder.resolve("vnode.log");
      var killing = new Random(seeds.nextLong());
      killer = open(new Killer(client("primary"), configuration, log, network, chronicle, killing));
      takePorts();
      observe();
    } catch (IOException | RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private void startClusters() {
    LocalCluster.startAll(
            LocalCluster.builder("primary"),
            LocalCluster.builder("a").nodes(2, NodeShape.cores(3)),
            LocalCluster.builder("b").nodes(2, NodeShape.cores(8)))
        .forEach(cluster -> clusters.put(cluster.name(), open(cluster)));
    clusters.forEach((name, cluster) -> direct.put(name, open(PodFeed.client(cluster))));
  }

  /**
   * Starts the clusters and all else but the process under test.
   *
   * @param folder for what is written: the configuration, the process's log, the chronicle
   */
  static Chaos start(ChaosOptions options, Path folder) throws IOException {
    return new Chaos(options, Files.createDirectories(folder));
  }

  private <T extends AutoCloseable> T open(T resource) {
    resources.push(resource);
    return resource;
  }

  private LocalCluster cluster(String name) {
    return requireNonNull(clusters.get(name), name);
  }

  private KubernetesClient client(String name) {
    return requireNonNull(direct.get(name), name);
  }

  private String configuration(Map<String, FaultProxy> proxies) {
    var paths = new LinkedHashMap<String, Path>();
    proxies.forEach((name, proxy) -> paths.put(name, cluster(name).kubeconfigVia(proxy)));
    return """
        node: {name: %s}
        primary: {kubeconfig: %s}
        placement: {strategy: weighted, takeBackAfter: 1s}
        members:
        - {name: a, kubeconfig: %s, weight: 2}
        - {name: b, kubeconfig: %s, weight: 1}
        """
        .formatted(NODE, paths.get("primary"), paths.get("a"), paths.get("b"));
  }

  /** Pods of a's own on all its nodes have the ports that some of ours want. */
  private void takePorts() {
    for (var node : client("a").nodes().list().getItems()) {
      var ports =
          IntStream.range(0, Load.PORTS).mapToObj(i -> Load.port(Load.FIRST_PORT + i)).toList();
      client("a")
          .resource(
              new PodBuilder()
                  .withNewMetadata()
                  .withNamespace(Load.NAMESPACE)
                  .withName("ports-" + node.getMetadata().getName())
                  .endMetadata()
                  .withNewSpec()
                  .withNodeName(node.getMetadata().getName())
                  .addNewContainer()
                  .withName("main")
                  .withImage("example.org/local:1")
                  .withPorts(ports)
                  .endContainer()
                  .endSpec()
                  .build())
          .create();
    }
  }

  private void observe() {
    open(
        new PodFeed(
            cluster("primary"),
            pod -> {
              chronicle.seen("primary", pod, true);
              lives.seen(pod);
              load.seen(pod);
            },
            pod -> {
              chronicle.seen("primary", pod, false);
              lives.gone(pod);
              load.seen(pod);
            }));
    for (var member : List.of("a", "b")) {
      open(
          new PodFeed(
              cluster(member),
              pod -> {
                chronicle.seen(member, pod, true);
                starts.seen(member, pod);
              },
              pod -> {
                chronicle.seen(member, pod, false);
                starts.seen(member, pod);
              }));
    }
  }

  /**
   * Does all that is to be done, side by side; returns when it is done.
   *
   * @throws AssertionError if it is not done in time, or the process ends by itself
   */
  void disturb() {
    var halt = new Halt();
    var seeds = new Random(options.seed() + 1);
    var failing = new Random(seeds.nextLong());
    var restarting = new Random(seeds.nextLong());
    load.start();
    var killing =
        inThread("killer", () -> killer.kill(options.kills(), options.killsAtPoints(), halt));
    var others =
        List.of(
            inThread("network", () -> network.fail(failing, halt)),
            inThread("restarts", () -> restart(restarting, halt)),
            inThread("meddler", () -> meddler.meddle(halt)));
    try {
      await()
          .atMost(options.limit())
          .until(
              () ->
                  killing.isDone()
                      && chronicle.count("partition") >= options.partitions()
                      && chronicle.count(API_SERVER_BACK) >= options.restarts());
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("not all was done: " + chronicle.counts(), e);
    } finally {
      halt.now();
      load.stop();
    }
    killing.join();
    CompletableFuture.allOf(others.toArray(CompletableFuture<?>[]::new)).join();
  }

  private void restart(Random random, Halt halt) throws InterruptedException {
    var names = List.copyOf(clusters.keySet());
    for (int i = random.nextInt(names.size()); !halt.within(pause(random)); i++) {
      var cluster = cluster(names.get(i % names.size()));
      if (random.nextBoolean()) {
        chronicle.done("API server killed", cluster.name());
        cluster.killApiServer();
      } else {
        chronicle.done("API server stopped", cluster.name());
        cluster.stopApiServer();
      }
      cluster.startApiServer();
      chronicle.done(API_SERVER_BACK, cluster.name());
    }
  }

  private static long pause(Random random) {
    return random.nextLong(SHORTEST_PAUSE_MILLIS, LONGEST_PAUSE_MILLIS);
  }

  private interface Deed {
    void run() throws InterruptedException;
  }

  private static CompletableFuture<Void> inThread(String name, Deed deed) {
    var done = new CompletableFuture<Void>();
    var thread =
        new Thread(
            () -> {
              try {
                deed.run();
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return done;
  }

  /** Lets a process live and everything come to its end; and says what is to be found then. */
  Verdict rest() {
    killer.letLive();
    settles(() -> lives.open().isEmpty());
    settles(() -> verdict().orphans().isEmpty());
    return verdict();
  }

  /** Deletes all pods; and says what is to be found when they are gone. */
  Verdict clear() {
    lives.present().forEach(life -> lives.deleting(life.name()));
    client("primary").pods().inNamespace(Load.NAMESPACE).withGracePeriod(1).delete();
    settles(() -> lives.present().isEmpty() && inMembers().isEmpty());
    return verdict();
  }

  private Verdict verdict() {
    return Verdict.of(lives.all(), starts, inMembers());
  }

  private List<Pod> inMembers() {
    var pods = new ArrayList<Pod>();
    for (var member : List.of("a", "b")) {
      pods.addAll(
          client(member)
              .pods()
              .inAnyNamespace()
              .withLabel(ContainerStarts.PROXY_UID)
              .list()
              .getItems());
    }
    return pods;
  }

  /** Waits for it; what is not there in time, the verdict tells. */
  private static void settles(Callable<Boolean> condition) {
    try {
      await().atMost(REST_LIMIT).pollInterval(Duration.ofMillis(100)).until(condition);
    } catch (ConditionTimeoutException e) {
      // see there
    }
  }

  /** Whether the process that was started last still lives. */
  boolean isAlive() {
    return killer.isAlive();
  }

  /** How often each thing was done. */
  Chronicle done() {
    return chronicle;
  }

  @Override
  public void close() {
    var failures = new ArrayList<Exception>();
    for (var resource : resources) {
      try {
        resource.close();
      } catch (Exception e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      throw new CompletionException("not all could be closed", failures.get(0));
    }
  }
}
