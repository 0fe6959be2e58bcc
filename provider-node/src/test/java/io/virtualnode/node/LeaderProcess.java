package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.File;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process of its own that takes part in an election and, as long as it leads, makes a ConfigMap
 * every tenth of a second. It says what it does on standard output.
 */
final class LeaderProcess {

  /** The label of what it makes; the value is the name of the lease. */
  static final String LABEL = "made-by";

  private static final long PERIOD_MILLIS = 100;

  private final Config config;
  private final String lease;
  private final AtomicInteger made = new AtomicInteger();

  private LeaderProcess(Config config, String lease) {
    this.config = config;
    this.lease = lease;
  }

  /** Runs until it is killed: of the kubeconfig, in the namespace default, for that lease. */
  public static void main(String[] args) throws InterruptedException {
    LeaderProcess process = new LeaderProcess(Config.fromKubeconfig(new File(args[0])), args[1]);
    Election.join(process.config, settings(args[1]), process::lead);
    new CountDownLatch(1).await();
  }

  static ElectionSettings settings(String lease) {
    return ElectionSettings.of("default", lease)
        .timed(Duration.ofSeconds(6), Duration.ofSeconds(4), Duration.ofSeconds(1));
  }

  private AutoCloseable lead(Term term) {
    say("leads");
    KubernetesClient client = ApiClients.client(config, term);
    ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    var unused =
        executor.scheduleWithFixedDelay(
            () -> write(client), 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    return () -> {
      executor.shutdownNow();
      client.close();
      say("no longer leads");
    };
  }

  private void write(KubernetesClient client) {
    String name = lease + "-" + made.incrementAndGet();
    try {
      client
          .configMaps()
          .inNamespace("default")
          .resource(
              new ConfigMapBuilder()
                  .withNewMetadata()
                  .withName(name)
                  .addToLabels(LABEL, lease)
                  .endMetadata()
                  .build())
          .create();
      say("made " + name);
    } catch (KubernetesClientException e) {
      say("failed: " + e);
    }
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
