package io.virtualnode.kubernetes.chaos;

import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtualnode.testkit.Simulation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Keeps pods in flight: some seconds long, with exit codes, now and then deleted before their end,
 * in order or by force; those that have ended are deleted a little later, as a TTL does. Some want
 * a port that is taken in member a, so that they find no node there. What a pod is like follows
 * from the seed.
 */
final class Load implements AutoCloseable {

  static final String NAMESPACE = "default";

  /** Ports that a pod may want and that somebody has in member a. */
  static final int FIRST_PORT = 9001;

  static final int PORTS = 8;

  private static final int IN_FLIGHT = 12;
  private static final long PERIOD_MILLIS = 200;
  private static final long AGAIN_MILLIS = 300;

  private final KubernetesClient primary;
  private final ProxyLives lives;
  private final Chronicle chronicle;
  private final Random random;
  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
  private final Map<String, Long> keptMillis = new HashMap<>(); // guarded by this
  private final Set<String> awaited = new HashSet<>(); // created, not yet seen; guarded by this
  private volatile boolean submitting = true;
  private int number;

  Load(KubernetesClient primary, ProxyLives lives, Chronicle chronicle, Random random) {
    this.primary = primary;
    this.lives = lives;
    this.chronicle = chronicle;
    this.random = random;
  }

  /** Begins. */
  void start() {
    var unused =
        executor.scheduleWithFixedDelay(this::tick, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** No pods come any more; those that are there end, and are not deleted when they have. */
  void stop() {
    submitting = false;
  }

  /** The primary shows a pod of ours. */
  synchronized void seen(Pod pod) {
    var name = pod.getMetadata().getName();
    awaited.remove(name);
    if (submitting && End.of(pod.getStatus()).isPresent()) {
      var kept = keptMillis.remove(name);
      if (kept != null) {
        later(kept, () -> delete(name, 1));
      }
    }
  }

  private void tick() {
    int waiting;
    synchronized (this) {
      waiting = awaited.size();
    }
    if (submitting && lives.open().size() + waiting < IN_FLIGHT) {
      submit("p" + number++);
    }
  }

  private void submit(String name) {
    var pod = pod(name);
    long whole = 300L + random.nextInt(6000);
    int dice = random.nextInt(100);
    int grace = 1 + random.nextInt(3);
    synchronized (this) {
      keptMillis.put(name, 500L + random.nextInt(2000));
      awaited.add(name);
    }
    try {
      primary.resource(pod).create();
      chronicle.done("pods", name);
    } catch (KubernetesClientException e) {
      chronicle.done("pods refused", name + ": " + e.getMessage());
      synchronized (this) {
        awaited.remove(name); // it may come nevertheless
      }
    }
    if (dice < 12) {
      later(whole, () -> delete(name, grace));
    } else if (dice < 18) {
      later(whole, () -> delete(name, 0));
    }
  }

  private void delete(String name, int grace) {
    try {
      lives.deleting(name);
      var found =
          primary.pods().inNamespace(NAMESPACE).withName(name).withGracePeriod(grace).delete();
      if (!found.isEmpty()) {
        chronicle.done(grace == 0 ? "deleted by force" : "deleted", name);
      }
    } catch (KubernetesClientException e) {
      later(AGAIN_MILLIS, () -> delete(name, grace));
    }
  }

  private void later(long millis, Runnable task) {
    try {
      var unused = executor.schedule(task, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // closed: what is left is left
    }
  }

  private Pod pod(String name) {
    var life = new HashMap<String, String>();
    int[] codes = {0, 0, 0, 1, 3};
    life.put(Simulation.EXIT_CODE, String.valueOf(codes[random.nextInt(codes.length)]));
    life.put(Simulation.RUN_FOR, 1000 + random.nextInt(4000) + "ms");
    if (random.nextInt(4) == 0) {
      life.put(Simulation.START_DELAY, random.nextInt(800) + "ms");
    }
    if (random.nextInt(4) == 0) {
      life.put(Simulation.STOP_DELAY, random.nextInt(1500) + "ms");
    }
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace(NAMESPACE)
            .withName(name)
            .withAnnotations(life)
            .endMetadata()
            .withNewSpec()
            .withRestartPolicy("Never")
            .withTolerations(
                tolerating("virtualnode.io/provider"),
                tolerating("node.kubernetes.io/not-ready"),
                tolerating("node.kubernetes.io/unreachable"))
            .addNewContainer()
            .withName("main")
            .withImage("example.org/job:1")
            .withNewResources()
            .addToRequests("cpu", new Quantity(250 + 250 * random.nextInt(4) + "m"))
            .addToRequests("memory", new Quantity("64Mi"))
            .endResources()
            .endContainer()
            .endSpec()
            .build();
    if (random.nextInt(6) == 0) {
      int port = FIRST_PORT + random.nextInt(PORTS);
      pod.getSpec().getContainers().get(0).setPorts(List.of(port(port)));
    }
    return pod;
  }

  private static Toleration tolerating(String taint) {
    return new TolerationBuilder().withKey(taint).withOperator("Exists").build();
  }

  /** A port of the node itself, which only one pod can have. */
  static ContainerPort port(int number) {
    return new ContainerPortBuilder().withContainerPort(number).withHostPort(number).build();
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
