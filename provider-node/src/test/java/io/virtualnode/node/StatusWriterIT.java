package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.testkit.LocalCluster;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** The writer on its own, with a copy of the pod that no watch brings up to date. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@SuppressWarnings("NullAway.Init") // set before all tests
final class StatusWriterIT {

  private static LocalCluster cluster;
  private static KubernetesClient client;

  private final Counters counters = new Counters();
  private final Pods pods = new Pods(new PodStore(any -> true), Set.of());
  private final Timer timer = new VirtualTimer();
  private final PrimaryApi api = new PrimaryApi(client, ForkJoinPool.commonPool(), timer);
  private final StatusWriter writer =
      new StatusWriter(
          api, pods, new Events(api, "n", timer, counters), Runnable::run, timer, counters);

  @BeforeAll
  static void startCluster() {
    cluster = LocalCluster.builder("writer").scheduler(false).start();
    client = ApiClients.client(Config.fromKubeconfig(cluster.kubeconfig().toFile()));
  }

  @AfterAll
  static void stopCluster() {
    client.close();
    cluster.close();
  }

  @Test
  void record_is_stored_on_the_newer_pod_when_a_user_was_faster() {
    PodKey key = seen(create("contended"));
    annotate("contended");

    CompletableFuture<Pod> stored = record(key);

    assertThat(counters.statusConflicts.sum()).isEqualTo(1);
    assertThat(stored.join().getMetadata().getAnnotations()).containsEntry("user", "was here");
    assertThat(stored.join().getStatus().getConditions())
        .extracting(PodCondition::getType)
        .contains("virtualnode.io/Delegate");
    assertThat(requireNonNull(pods.store().newest(key.uid())).getMetadata().getResourceVersion())
        .isEqualTo(stored.join().getMetadata().getResourceVersion());
  }

  @Test
  void pod_of_the_same_name_is_left_alone_when_the_one_that_was_meant_is_gone() {
    PodKey key = seen(create("namesake"));
    client.pods().inNamespace("default").withName("namesake").withGracePeriod(0).delete();
    Pod another = create("namesake");

    CompletableFuture<Pod> stored = record(key);

    assertThat(stored)
        .isCompletedExceptionally()
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            ProviderException.class,
            e -> assertThat(e.reason()).isEqualTo(ProviderException.Reason.NOT_FOUND));
    assertThat(
            client
                .pods()
                .inNamespace("default")
                .withName("namesake")
                .get()
                .getMetadata()
                .getResourceVersion())
        .isEqualTo(another.getMetadata().getResourceVersion());
  }

  @Test
  void nothing_is_sent_when_the_same_status_is_pushed_again() {
    PodKey key = seen(create("same"));
    PodState state = requireNonNull(pods.state(key));
    state.push(MemoryProvider.running());
    write(key);
    write(key);
    state.push(MemoryProvider.running());
    write(key);
    assertThat(counters.statusWrites.sum()).isEqualTo(1);
  }

  private CompletableFuture<Pod> record(PodKey key) {
    CompletableFuture<Pod> stored = new CompletableFuture<>();
    PodState state = requireNonNull(pods.state(key));
    state.applyBegins(requireNonNull(pods.store().newest(key.uid())));
    assertThat(state.record(MemoryProvider.delegateCondition(), stored)).isTrue();
    write(key);
    return stored;
  }

  private void write(PodKey key) {
    writer.write(key).toCompletableFuture().join();
  }

  private PodKey seen(Pod pod) {
    pods.store().put(pod.getMetadata().getUid(), pod);
    pods.observed(pod);
    return PodKey.of(pod);
  }

  private static void annotate(String pod) {
    client
        .pods()
        .inNamespace("default")
        .withName(pod)
        .edit(
            found ->
                new PodBuilder(found)
                    .editMetadata()
                    .addToAnnotations("user", "was here")
                    .endMetadata()
                    .build());
  }

  private static Pod create(String name) {
    return client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .withNodeName("nowhere")
                .withContainers(List.of())
                .addNewContainer()
                .withName("main")
                .withImage("img")
                .endContainer()
                .endSpec()
                .build())
        .create();
  }
}
