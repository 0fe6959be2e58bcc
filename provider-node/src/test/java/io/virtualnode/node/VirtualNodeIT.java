package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.testkit.LocalCluster;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** A virtual node with a provider in memory, against a real API server. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@SuppressWarnings("NullAway.Init") // set before each test
final class VirtualNodeIT {

  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Duration SOON = Duration.ofSeconds(60);

  private static LocalCluster cluster;
  private static KubernetesClient client;

  private final MemoryProvider provider = new MemoryProvider();
  private final String name = "vnode-" + NUMBER.incrementAndGet();
  private VirtualNode node;

  @BeforeAll
  static void startCluster() {
    Awaitility.setDefaultTimeout(SOON);
    cluster = LocalCluster.builder("primary").start();
    client = ApiClients.client(Config.fromKubeconfig(cluster.kubeconfig().toFile()));
  }

  @AfterAll
  static void stopCluster() {
    client.close();
    cluster.close();
  }

  @BeforeEach
  void build() {
    cluster.createNamespace(name);
    node = VirtualNode.builder(client, provider).name(name).internalIp("192.0.2.1").build();
  }

  @AfterEach
  void close() {
    node.close();
    client.nodes().withName(name).delete();
    client.pods().inNamespace(name).withGracePeriod(0).delete();
    client.namespaces().withName(name).delete();
  }

  @Test
  void node_has_all_that_a_kubelet_says_when_it_is_registered() {
    start();

    Node registered = observedNode();
    assertThat(registered.getMetadata().getLabels())
        .containsEntry("type", "virtual-kubelet")
        .containsEntry("kubernetes.io/hostname", name)
        .containsEntry("kubernetes.io/os", "linux")
        .containsEntry("kubernetes.io/arch", "amd64")
        .containsEntry("virtualnode.io/managed", "true");
    assertThat(registered.getSpec().getTaints())
        .filteredOn(taint -> taint.getKey().equals(VirtualNode.DEFAULT_TAINT_KEY))
        .singleElement()
        .satisfies(taint -> assertThat(taint.getEffect()).isEqualTo("NoSchedule"));
    assertThat(registered.getStatus().getAllocatable()).isEqualTo(MemoryProvider.ALLOCATABLE);
    assertThat(registered.getStatus().getCapacity()).isEqualTo(MemoryProvider.ALLOCATABLE);
    assertThat(registered.getStatus().getNodeInfo().getKubeletVersion())
        .matches("v1\\.37\\.2-virtualnode-\\d+\\.\\d+\\.\\d+.*");
    assertThat(registered.getStatus().getNodeInfo().getMachineID()).isNotEmpty();
    assertThat(registered.getStatus().getAddresses())
        .extracting(address -> address.getType() + "=" + address.getAddress())
        .containsExactlyInAnyOrder("InternalIP=192.0.2.1", "Hostname=" + name);
    assertThat(registered.getStatus().getConditions())
        .extracting(condition -> condition.getType() + "=" + condition.getStatus())
        .containsExactlyInAnyOrder(
            "Ready=True", "MemoryPressure=False", "DiskPressure=False", "PIDPressure=False");
    assertThat(registered.getStatus().getConditions())
        .allSatisfy(
            condition -> {
              assertThat(condition.getLastHeartbeatTime()).isNotNull();
              assertThat(condition.getLastTransitionTime()).isNotNull();
            });
  }

  @Test
  void node_stays_ready_when_nothing_is_free() {
    start();
    String since = ready(observedNode()).getLastTransitionTime();

    provider.node().report(NodeReport.ready(Map.of("cpu", new Quantity("0"))));

    await()
        .untilAsserted(
            () ->
                assertThat(observedNode().getStatus().getAllocatable())
                    .isEqualTo(Map.of("cpu", new Quantity("0"))));
    assertThat(ready(observedNode()).getStatus()).isEqualTo("True");
    assertThat(ready(observedNode()).getLastTransitionTime()).isEqualTo(since);
  }

  @Test
  void node_is_not_registered_when_the_provider_has_not_reported() {
    provider.firstReport = null;
    node.start();
    assertThat(provider.synced).succeedsWithin(SOON);

    assertThatThrownBy(() -> node.awaitReady(Duration.ofMillis(300)))
        .isInstanceOfSatisfying(
            NodeException.class,
            e -> assertThat(e.reason()).isEqualTo(NodeException.Reason.TIMEOUT));
    assertThat(client.nodes().withName(name).get()).isNull();

    provider.node().report(NodeReport.ready(MemoryProvider.ALLOCATABLE));
    node.awaitReady(SOON);
  }

  @Test
  void node_of_a_machine_is_left_alone_when_it_has_our_name() {
    Node machine =
        client
            .resource(new NodeBuilder().withNewMetadata().withName(name).endMetadata().build())
            .create();
    node.start();

    assertThatThrownBy(() -> node.awaitReady(SOON))
        .isInstanceOfSatisfying(
            NodeException.class,
            e -> assertThat(e.reason()).isEqualTo(NodeException.Reason.NAME_TAKEN))
        .hasMessageContaining(name);
    Node now = observedNode();
    assertThat(now.getMetadata().getUid()).isEqualTo(machine.getMetadata().getUid());
    assertThat(now.getMetadata().getLabels()).doesNotContainKey(NodeObject.MANAGED_LABEL);
    assertThat(now.getStatus().getNodeInfo().getKubeletVersion()).isEmpty();
  }

  @Test
  void node_comes_back_with_the_same_allocatable_when_somebody_deletes_it() {
    start();
    Pod pod = create(pod("job"), p -> p);
    PodKey key = PodKey.of(pod);
    await().until(() -> !provider.calls("apply", key).isEmpty());
    provider.node().report(NodeReport.ready(Map.of("cpu", new Quantity("3"))));
    await().until(() -> observedNode().getStatus().getAllocatable().size() == 1);
    String uid = observedNode().getMetadata().getUid();

    client.nodes().withName(name).delete();

    await()
        .untilAsserted(
            () -> {
              Node again = client.nodes().withName(name).get();
              assertThat(again).isNotNull();
              assertThat(again.getMetadata().getUid()).isNotEqualTo(uid);
              assertThat(again.getStatus().getAllocatable())
                  .isEqualTo(Map.of("cpu", new Quantity("3")));
              Lease owned = client.leases().inNamespace("kube-node-lease").withName(name).get();
              assertThat(owned).isNotNull();
              assertThat(owned.getMetadata().getOwnerReferences())
                  .singleElement()
                  .satisfies(
                      owner -> assertThat(owner.getUid()).isEqualTo(again.getMetadata().getUid()));
            });
    assertThat(current(key)).isPresent();
    assertThat(provider.calls("remove", key)).isEmpty();
  }

  @Test
  void foreign_marks_on_the_node_stay_when_it_changes() {
    start();
    client
        .nodes()
        .withName(name)
        .edit(
            found ->
                new NodeBuilder(found)
                    .editMetadata()
                    .addToLabels("site", "a")
                    .addToAnnotations("note", "b")
                    .endMetadata()
                    .editSpec()
                    .addToTaints(new Taint("NoExecute", "foreign", null, "x"))
                    .endSpec()
                    .build());
    client
        .nodes()
        .withName(name)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.STRATEGIC_MERGE),
            "{\"status\":{\"conditions\":[{\"type\":\"example.com/Foreign\",\"status\":\"True\"}]}}");

    provider.node().report(NodeReport.ready(Map.of("cpu", new Quantity("1"))));
    await().until(() -> observedNode().getStatus().getAllocatable().size() == 1);
    MemoryProvider next = restart();
    next.node().report(NodeReport.ready(Map.of("cpu", new Quantity("2"))));
    await()
        .until(
            () -> new Quantity("2").equals(observedNode().getStatus().getAllocatable().get("cpu")));

    Node now = observedNode();
    assertThat(now.getMetadata().getLabels()).containsEntry("site", "a");
    assertThat(now.getMetadata().getAnnotations()).containsEntry("note", "b");
    assertThat(now.getSpec().getTaints()).extracting(Taint::getKey).contains("foreign");
    assertThat(now.getStatus().getConditions())
        .extracting(NodeCondition::getType)
        .contains("example.com/Foreign", "Ready");
  }

  @Test
  void lease_is_renewed_and_made_again_when_somebody_deletes_it() {
    start();
    Lease first = lease();
    assertThat(first.getSpec().getLeaseDurationSeconds()).isEqualTo(40);
    assertThat(first.getSpec().getHolderIdentity()).isEqualTo(name);
    assertThat(first.getMetadata().getOwnerReferences())
        .singleElement()
        .satisfies(
            owner -> assertThat(owner.getUid()).isEqualTo(observedNode().getMetadata().getUid()));

    client.leases().inNamespace("kube-node-lease").withName(name).delete();

    await()
        .untilAsserted(
            () -> {
              Lease again = client.leases().inNamespace("kube-node-lease").withName(name).get();
              assertThat(again).isNotNull();
              assertThat(again.getSpec().getRenewTime()).isAfter(first.getSpec().getRenewTime());
            });
  }

  @Test
  void pod_costs_three_writes_when_it_is_recorded_runs_and_ends() {
    provider.onApply =
        pod -> {
          provider.node().podStatus(PodKey.of(pod), MemoryProvider.pending("ContainerCreating"));
          var later = CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS);
          return CompletableFuture.supplyAsync(() -> provider.recordDelegate(pod), later)
              .thenCompose(stored -> stored);
        };
    start();
    long before = statusPatches();

    PodKey key = PodKey.of(create(pod("job"), p -> p));
    await().until(() -> condition(key, "virtualnode.io/Delegate").isPresent());
    assertThat(pod(key).getStatus().getReason()).isEqualTo("ContainerCreating");
    provider.node().podStatus(key, MemoryProvider.running());
    await().until(() -> phase(key).equals("Running"));
    provider.node().podStatus(key, MemoryProvider.running());
    provider.node().podStatus(key, MemoryProvider.ended("Succeeded", 0));
    await().until(() -> phase(key).equals("Succeeded"));
    provider.node().podStatus(key, MemoryProvider.ended("Succeeded", 0));
    provider.node().podStatus(key, MemoryProvider.ended("Failed", 1));

    await().during(Duration.ofMillis(500)).until(() -> phase(key).equals("Succeeded"));
    assertThat(statusPatches() - before).isEqualTo(3);
    assertThat(provider.calls("apply", key)).hasSize(1);
    Pod ended = pod(key);
    assertThat(ended.getStatus().getContainerStatuses().get(0).getState().getTerminated())
        .satisfies(state -> assertThat(state.getReason()).isEqualTo("Completed"));
    assertThat(ended.getStatus().getObservedGeneration())
        .isEqualTo(ended.getMetadata().getGeneration());
    assertThat(ended.getStatus().getQosClass()).isEqualTo("BestEffort");
    assertThat(condition(key, "virtualnode.io/Delegate")).isPresent();
    assertThat(condition(key, "PodScheduled")).isPresent();
  }

  @Test
  void pod_is_seen_running_when_running_and_the_end_are_pushed_before_either_is_written() {
    start();
    try (var seen = new PhaseLog(client, name)) {
      PodKey key = PodKey.of(create(pod("short"), p -> p));
      await().until(() -> !provider.calls("apply", key).isEmpty());
      await().until(() -> seen.phases().contains("Pending"));

      cluster.freezeApiServer();
      provider.node().podStatus(key, MemoryProvider.pending("ContainerCreating")); // in flight
      await().until(() -> node.counters().statusWrites() == 1);
      provider.node().podStatus(key, MemoryProvider.running());
      provider.node().podStatus(key, MemoryProvider.ended("Succeeded", 0));
      cluster.thawApiServer();

      await()
          .untilAsserted(
              () -> assertThat(seen.phases()).containsExactly("Pending", "Running", "Succeeded"));
    }
  }

  @Test
  void pod_leaves_the_primary_as_soon_as_it_has_ended_when_it_is_deleted_with_grace() {
    provider.onRemove = (pod, grace) -> CompletableFuture.completedFuture(null);
    start();
    PodKey key = running(pod("long"));

    client.pods().inNamespace(name).withName("long").withGracePeriod(90).delete();
    await().until(() -> !provider.calls("remove", key).isEmpty());
    assertThat(provider.calls("remove", key).get(0).grace()).isEqualTo(Duration.ofSeconds(90));
    client.pods().inNamespace(name).withName("long").withGracePeriod(45).delete();
    await().until(() -> provider.calls("remove", key).size() == 2);
    assertThat(provider.calls("remove", key).get(1).grace()).isEqualTo(Duration.ofSeconds(45));
    assertThat(current(key)).isPresent();

    try (var seen = new PhaseLog(client, name)) {
      provider.node().podStatus(key, MemoryProvider.ended("Failed", 143));
      provider.node().podGone(key);
      await().until(() -> current(key).isEmpty());
      assertThat(seen.phases()).endsWith("Failed");
    }
    await().until(() -> provider.forgotten.contains(key));
    assertThat(provider.calls("remove", key)).hasSize(2);
  }

  @Test
  void provider_is_told_once_when_a_pod_is_deleted_by_force() {
    start();
    PodKey key = running(pod("forced"));

    client.pods().inNamespace(name).withName("forced").withGracePeriod(0).delete();

    await().until(() -> !provider.calls("remove", key).isEmpty());
    assertThat(provider.calls("remove", key))
        .singleElement()
        .satisfies(call -> assertThat(call.grace()).isEqualTo(Duration.ZERO));
    await().until(() -> node.counters().removes() == 1 && node.knownPods() == 0);
  }

  @Test
  void pod_is_not_applied_when_it_was_deleted_before() {
    start();
    node.close();
    Pod doomed = create(pod("doomed"), p -> p);
    PodKey key = PodKey.of(doomed);
    client.pods().inNamespace(name).withName("doomed").withGracePeriod(30).delete();

    MemoryProvider next = restart();

    await().until(() -> current(key).isEmpty());
    assertThat(next.calls("apply", key)).isEmpty();
    assertThat(next.calls("remove", key)).hasSize(1);
  }

  @Test
  void removal_waits_and_other_pods_go_on_when_an_apply_hangs() {
    CompletableFuture<Void> hanging = new CompletableFuture<>();
    provider.onApply =
        pod ->
            pod.getMetadata().getName().equals("stuck")
                ? hanging
                : CompletableFuture.completedFuture(null);
    start();
    PodKey stuck = PodKey.of(create(pod("stuck"), p -> p));
    await().until(() -> !provider.calls("apply", stuck).isEmpty());

    client.pods().inNamespace(name).withName("stuck").withGracePeriod(30).delete();
    provider.node().podStatus(stuck, MemoryProvider.running());
    PodKey other = running(pod("other"));
    assertThat(phase(other)).isEqualTo("Running");
    await().until(() -> phase(stuck).equals("Running"));
    assertThat(provider.calls("remove", stuck)).isEmpty();

    hanging.complete(null);
    await().until(() -> current(stuck).isEmpty());
    assertThat(provider.calls("remove", stuck)).hasSize(1);
  }

  @Test
  void nothing_is_written_when_the_process_comes_back_and_all_is_as_it_was() {
    start();
    PodKey running = running(pod("runs"));
    PodKey ended = running(pod("ended"));
    provider.node().podStatus(ended, MemoryProvider.ended("Succeeded", 0));
    await().until(() -> phase(ended).equals("Succeeded"));
    String version = pod(running).getMetadata().getResourceVersion();
    String endedVersion = pod(ended).getMetadata().getResourceVersion();
    int applies = provider.calls("apply", running).size();

    node.close();
    assertThat(provider.stopped).isDone();
    assertThat(client.nodes().withName(name).get()).isNotNull();
    MemoryProvider next = restart();
    await().until(() -> !next.calls("apply", running).isEmpty());
    next.node().podStatus(running, MemoryProvider.running());
    next.node().podStatus(ended, MemoryProvider.ended("Succeeded", 0));

    await().during(Duration.ofMillis(500)).until(() -> node.counters().statusWrites() == 0);
    assertThat(applies).isEqualTo(1);
    assertThat(next.synced).isCompletedWithValue(2);
    assertThat(next.calls("apply", running)).hasSize(1);
    assertThat(next.calls("apply", ended)).isEmpty();
    assertThat(pod(running).getMetadata().getResourceVersion()).isEqualTo(version);
    assertThat(pod(ended).getMetadata().getResourceVersion()).isEqualTo(endedVersion);
  }

  @Test
  void pod_fails_with_the_providers_words_when_it_is_rejected() {
    provider.onApply =
        pod ->
            CompletableFuture.failedFuture(
                new ProviderException(Reason.REJECTED, "OutOfcpu", "needs 64 cores", null));
    start();

    PodKey key = PodKey.of(create(pod("large"), p -> p));

    await().until(() -> phase(key).equals("Failed"));
    assertThat(pod(key).getStatus().getReason()).isEqualTo("OutOfcpu");
    assertThat(pod(key).getStatus().getMessage()).isEqualTo("needs 64 cores");
    await().until(() -> events(key).size() == 1);
    assertThat(events(key).get(0).getReason()).isEqualTo("OutOfcpu");
    assertThat(provider.calls("apply", key)).hasSize(1);
  }

  @Test
  void apply_is_repeated_with_one_event_when_the_provider_is_unavailable() {
    AtomicInteger failures = new AtomicInteger(4);
    provider.onApply =
        pod ->
            failures.getAndDecrement() > 0
                ? CompletableFuture.failedFuture(
                    new ProviderException(Reason.UNAVAILABLE, "member a does not answer"))
                : CompletableFuture.completedFuture(null);
    start();

    PodKey key = PodKey.of(create(pod("patient"), p -> p));

    await().until(() -> provider.calls("apply", key).size() == 5);
    assertThat(phase(key)).isEqualTo("Pending");
    await().during(Duration.ofMillis(300)).until(() -> events(key).size() == 1);
    assertThat(node.counters().statusWrites()).isZero();
  }

  @Test
  void record_is_stored_and_nothing_lost_when_a_user_changes_the_pod_meanwhile() {
    int rivals = 10;
    List<CompletableFuture<Void>> users = new CopyOnWriteArrayList<>();
    provider.onApply =
        pod -> {
          PodKey key = PodKey.of(pod);
          if (provider.calls("apply", key).size() == 1) {
            users.add(
                CompletableFuture.runAsync(
                    () -> {
                      for (int i = 0; i < rivals; i++) {
                        annotate(key, "user", "was here " + i);
                      }
                    }));
          }
          return provider.recordDelegate(pod);
        };
    start();

    for (int i = 0; i < 10; i++) {
      PodKey key = PodKey.of(create(pod("contended-" + i), p -> p));
      await()
          .untilAsserted(
              () -> {
                assertThat(condition(key, "virtualnode.io/Delegate")).isPresent();
                assertThat(pod(key).getMetadata().getAnnotations())
                    .containsEntry("user", "was here " + (rivals - 1));
              });
    }
    assertThat(users).hasSize(10);
  }

  @Test
  void record_fails_when_the_pod_is_gone() {
    CompletableFuture<Throwable> refusal = new CompletableFuture<>();
    provider.onApply =
        pod -> {
          client
              .pods()
              .inNamespace(name)
              .withName(pod.getMetadata().getName())
              .withGracePeriod(0)
              .delete();
          return provider
              .recordDelegate(pod)
              .whenComplete((stored, failure) -> refusal.complete(failure));
        };
    start();

    create(pod("vanishing"), p -> p);

    assertThat(refusal)
        .succeedsWithin(SOON)
        .isInstanceOfSatisfying(
            ProviderException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NOT_FOUND));
    await().until(() -> node.knownPods() == 0);
  }

  @Test
  void apply_comes_again_when_labels_change_and_not_when_only_the_status_does() {
    start();
    PodKey key = running(pod("labelled"));
    assertThat(provider.calls("apply", key)).hasSize(1);

    annotate(key, "some", "thing");
    await().until(() -> provider.calls("apply", key).size() == 2);
    provider.node().requeue(key);
    await().until(() -> provider.calls("apply", key).size() == 3);
    await().during(Duration.ofMillis(300)).until(() -> provider.calls("apply", key).size() == 3);
  }

  @Test
  void pod_leaves_with_an_event_when_its_last_status_is_one_the_primary_refuses() {
    provider.onRemove = (pod, grace) -> CompletableFuture.completedFuture(null);
    start();
    PodKey key = running(pod("malformed"));
    client.pods().inNamespace(name).withName("malformed").withGracePeriod(90).delete();
    await().until(() -> !provider.calls("remove", key).isEmpty());

    provider
        .node()
        .podStatus(key, new PodStatusBuilder().withPhase("Failed").withPodIP("no address").build());
    provider.node().podGone(key);

    await().until(() -> current(key).isEmpty());
    await().until(() -> events(key).stream().anyMatch(e -> e.getReason().equals("StatusRefused")));
  }

  @Test
  void pod_fails_when_the_provider_has_nothing_left_of_it_and_nobody_deleted_it() {
    start();
    PodKey key = running(pod("lost"));

    provider.node().podGone(key);

    await().until(() -> phase(key).equals("Failed"));
    assertThat(pod(key).getStatus().getReason()).isEqualTo("PodGone");
    assertThat(pod(key).getStatus().getContainerStatuses()).hasSize(1);
  }

  @Test
  void daemon_set_pod_is_told_why_it_does_not_run_and_ends_at_once_when_deleted() {
    start();
    client.resource(daemonSet()).create();

    await().until(() -> client.pods().inNamespace(name).list().getItems().size() == 1);
    PodKey key = PodKey.of(client.pods().inNamespace(name).list().getItems().get(0));
    await().until(() -> "DaemonSetNotForwarded".equals(pod(key).getStatus().getReason()));
    assertThat(phase(key)).isEqualTo("Pending");
    await().during(Duration.ofMillis(300)).until(() -> node.counters().statusWrites() == 1);

    client.apps().daemonSets().inNamespace(name).withName("agents").delete();
    await().until(() -> current(key).isEmpty());
    await().until(() -> node.knownPods() == 0);
    assertThat(provider.calls).isEmpty();
  }

  @Test
  void statuses_arrive_and_pods_are_seen_when_the_api_server_was_down() {
    start();
    PodKey before = running(pod("before"));
    String uid = observedNode().getMetadata().getUid();

    cluster.killApiServer();
    provider.node().podStatus(before, MemoryProvider.ended("Succeeded", 0));
    provider.node().report(NodeReport.ready(Map.of("cpu", new Quantity("5"))));
    cluster.startApiServer();

    await()
        .untilAsserted(
            () -> {
              assertThat(phase(before)).isEqualTo("Succeeded");
              assertThat(observedNode().getStatus().getAllocatable())
                  .isEqualTo(Map.of("cpu", new Quantity("5")));
            });
    PodKey after = running(pod("after"));
    assertThat(observedNode().getMetadata().getUid()).isEqualTo(uid);
    assertThat(provider.calls("remove", before)).isEmpty();
    assertThat(provider.calls("apply", before)).hasSize(1);
    assertThat(phase(after)).isEqualTo("Running");
  }

  @Test
  void node_registers_when_the_right_to_list_pods_comes_late() {
    node.close();
    grant("all-but-pods", rules("", "namespaces", "nodes", "nodes/status", "events"));
    grant("leases", rules("coordination.k8s.io", "leases"));
    Config late = Config.fromKubeconfig(cluster.kubeconfigFor(name).toFile());
    try (KubernetesClient limited = ApiClients.client(late)) {
      node = VirtualNode.builder(limited, provider).name(name).build();
      node.start();
      assertThat(provider.started).succeedsWithin(SOON);
      assertThatThrownBy(() -> node.awaitReady(Duration.ofSeconds(1)))
          .isInstanceOf(NodeException.class);
      assertThat(client.nodes().withName(name).get()).isNull();

      grant("pods", rules("", "pods", "pods/status"));

      node.awaitReady(SOON);
      running(pod("late"));
      node.close();
    }
  }

  @Test
  void end_that_the_provider_tells_while_it_starts_is_written() {
    PodKey key = PodKey.of(create(pod("early"), p -> p));
    provider.onStart =
        link -> {
          link.podStatus(key, MemoryProvider.ended("Succeeded", 0));
          link.podGone(key);
        };
    start();

    await().until(() -> phase(key).equals("Succeeded"));
    assertThat(provider.calls).isEmpty();
  }

  @Test
  void job_goes_on_when_its_pod_is_deleted_before_it_ran_and_the_job_waits_for_its_end() {
    start();
    client.resource(patientJob()).create();
    await().until(() -> provider.calls.size() == 1);
    PodKey first = provider.calls.get(0).pod();

    try (var seen = new PhaseLog(client, name)) {
      client.pods().inNamespace(name).withName(first.name()).delete();

      await().until(() -> provider.calls.stream().anyMatch(another(first)));
      assertThat(seen.phases()).contains("Failed");
    }
    await().until(() -> current(first).isEmpty());
    assertThat(client.batch().v1().jobs().inNamespace(name).withName("patient").get().getStatus())
        .satisfies(status -> assertThat(status.getFailed()).isEqualTo(1));
  }

  private static Predicate<MemoryProvider.Call> another(PodKey first) {
    return call -> call.what().equals("apply") && !call.pod().equals(first);
  }

  @Test
  void pod_that_somebody_else_made_terminal_is_ended_at_the_provider() {
    provider.onRemove = (pod, grace) -> CompletableFuture.completedFuture(null);
    start();
    PodKey key = running(pod("failed-by-others"));
    client
        .pods()
        .inNamespace(name)
        .withName(key.name())
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\":{\"phase\":\"Failed\",\"reason\":\"Killed\"}}");

    await().until(() -> !provider.calls("remove", key).isEmpty());
    assertThat(provider.calls("remove", key).get(0).grace()).isEqualTo(Duration.ofSeconds(30));
    provider.node().podGone(key);
    client.pods().inNamespace(name).withName(key.name()).withGracePeriod(30).delete();
    await().until(() -> current(key).isEmpty());
    assertThat(provider.calls("remove", key)).hasSize(1);
  }

  @Test
  void node_stays_ours_and_gets_its_label_back_when_somebody_takes_it_off() {
    start();
    String uid = observedNode().getMetadata().getUid();
    client
        .nodes()
        .withName(name)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"labels\":{\"virtualnode.io/managed\":null}}}");

    await().until(() -> NodeObject.isManaged(observedNode()));
    provider.node().report(NodeReport.ready(Map.of("cpu", new Quantity("3"))));
    await().until(() -> observedNode().getStatus().getAllocatable().size() == 1);
    assertThat(observedNode().getMetadata().getUid()).isEqualTo(uid);
    assertThat(node.ended().toCompletableFuture()).isNotDone();
  }

  @Test
  void both_addresses_of_a_type_are_there_and_old_ones_gone_after_a_restart() {
    start();
    node.close();
    node =
        VirtualNode.builder(client, new MemoryProvider())
            .name(name)
            .internalIp("192.0.2.7")
            .internalIp("2001:db8::7")
            .build();
    start();
    await()
        .untilAsserted(
            () ->
                assertThat(observedNode().getStatus().getAddresses())
                    .extracting(address -> address.getType() + "=" + address.getAddress())
                    .containsExactly(
                        "InternalIP=192.0.2.7", "InternalIP=2001:db8::7", "Hostname=" + name));
  }

  @Test
  void node_that_the_primary_finds_malformed_ends_with_its_words() {
    node.close();
    node =
        VirtualNode.builder(client, provider)
            .name(name)
            .annotations(Map.of("large", "x".repeat(300_000)))
            .build();
    node.start();
    assertThatThrownBy(() -> node.awaitReady(SOON))
        .isInstanceOfSatisfying(
            NodeException.class,
            e -> assertThat(e.reason()).isEqualTo(NodeException.Reason.INVALID))
        .hasMessageContaining("annotations");
    assertThat(node.ended().toCompletableFuture()).failsWithin(SOON);
    assertThat(provider.stopped).isDone();
  }

  @Test
  void statuses_node_and_lease_go_on_when_the_provider_blocks_every_thread_it_gets() {
    start();
    PodKey fine = running(pod("fine"));
    CountDownLatch stuck = new CountDownLatch(1);
    provider.onApply =
        pod -> {
          try {
            stuck.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return CompletableFuture.completedFuture(null);
        };
    try {
      for (int i = 0; i < 20; i++) {
        create(pod("stuck-" + i), p -> p);
      }
      await().until(() -> provider.calls.size() >= 9);
      ZonedDateTime renewed = lease().getSpec().getRenewTime();

      provider.node().podStatus(fine, MemoryProvider.ended("Succeeded", 0));
      provider.node().report(NodeReport.ready(Map.of("cpu", new Quantity("3"))));
      await().until(() -> phase(fine).equals("Succeeded"));
      await().until(() -> observedNode().getStatus().getAllocatable().size() == 1);
      await().until(() -> lease().getSpec().getRenewTime().isAfter(renewed));
    } finally {
      stuck.countDown();
    }
  }

  @Test
  void pods_that_came_and_went_unseen_are_noticed_when_the_watch_is_too_old_to_go_on() {
    node.close();
    try (Wire wire = new Wire(cluster.url());
        KubernetesClient wired = ApiClients.client(through(wire))) {
      node = VirtualNode.builder(wired, provider).name(name).build();
      start();
      PodKey stays = running(pod("stays"));
      PodKey goes = running(pod("goes"));
      String version = pod(goes).getMetadata().getResourceVersion();

      wire.cut();
      client.pods().inNamespace(name).withName("goes").withGracePeriod(0).delete();
      PodKey comes = PodKey.of(create(pod("comes"), p -> p));
      annotate(stays, "seen", "late");
      cluster.restartApiServer(); // its memory of what happened before begins anew
      await().until(() -> isTooOld(version));
      wire.mend();

      await().until(() -> !provider.calls("apply", comes).isEmpty());
      await().until(() -> !provider.calls("remove", goes).isEmpty());
      await().until(() -> provider.calls("apply", stays).size() == 2);
      assertThat(provider.forgotten).containsExactly(goes);
      assertThat(provider.calls("remove", stays)).isEmpty();
      await().until(() -> node.knownPods() == 2);
      node.close();
    }
  }

  private void start() {
    node.start();
    node.awaitReady(SOON);
  }

  private MemoryProvider restart() {
    node.close();
    MemoryProvider next = provider.stopped.isDone() ? new MemoryProvider() : provider;
    node = VirtualNode.builder(client, next).name(name).internalIp("192.0.2.1").build();
    start();
    return next;
  }

  private static Config through(Wire wire) {
    return new ConfigBuilder(Config.fromKubeconfig(cluster.kubeconfig().toFile()))
        .withMasterUrl(wire.url())
        .build();
  }

  /** Whether a watch from that version is answered with 410. */
  private boolean isTooOld(String version) {
    CompletableFuture<Boolean> gone = new CompletableFuture<>();
    var options = new ListOptionsBuilder().withResourceVersion(version).build();
    Watcher<Pod> watcher =
        new Watcher<>() {
          @Override
          public void eventReceived(Action action, Pod pod) {
            gone.complete(false);
          }

          @Override
          public void onClose(WatcherException cause) {
            gone.complete(cause.isHttpGone());
          }
        };
    try {
      Watch watch = client.pods().inNamespace(name).watch(options, watcher);
      boolean tooOld = gone.completeOnTimeout(false, 5, TimeUnit.SECONDS).join();
      watch.close();
      return tooOld;
    } catch (KubernetesClientException e) {
      return e.getCode() == 410;
    }
  }

  private Job patientJob() {
    return new JobBuilder()
        .withNewMetadata()
        .withName("patient")
        .withNamespace(name)
        .endMetadata()
        .withNewSpec()
        .withBackoffLimit(5)
        .withPodReplacementPolicy("Failed")
        .withNewTemplate()
        .withNewSpec()
        .withNodeName(name)
        .withRestartPolicy("Never")
        .addNewContainer()
        .withName("main")
        .withImage("img")
        .endContainer()
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }

  private PodKey running(Pod pod) {
    PodKey key = PodKey.of(create(pod, p -> p));
    await().until(() -> !provider.calls("apply", key).isEmpty());
    provider.node().podStatus(key, MemoryProvider.running());
    await().until(() -> phase(key).equals("Running"));
    return key;
  }

  private Node observedNode() {
    return requireNonNull(client.nodes().withName(name).get());
  }

  private static NodeCondition ready(Node node) {
    return node.getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals("Ready"))
        .findFirst()
        .orElseThrow();
  }

  private Lease lease() {
    return requireNonNull(client.leases().inNamespace("kube-node-lease").withName(name).get());
  }

  private Optional<Pod> current(PodKey key) {
    return Optional.ofNullable(client.pods().inNamespace(name).withName(key.name()).get())
        .filter(pod -> pod.getMetadata().getUid().equals(key.uid()));
  }

  private Pod pod(PodKey key) {
    return current(key).orElseThrow();
  }

  private String phase(PodKey key) {
    return current(key).map(pod -> pod.getStatus().getPhase()).orElse("");
  }

  private Optional<PodCondition> condition(PodKey key, String type) {
    return pod(key).getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals(type))
        .findFirst();
  }

  private List<Event> events(PodKey key) {
    return client.v1().events().inNamespace(name).list().getItems().stream()
        .filter(event -> key.uid().equals(event.getInvolvedObject().getUid()))
        .toList();
  }

  private void annotate(PodKey key, String annotation, String value) {
    client
        .pods()
        .inNamespace(name)
        .withName(key.name())
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"" + annotation + "\":\"" + value + "\"}}}");
  }

  private Pod create(Pod pod, UnaryOperator<Pod> change) {
    return client.resource(change.apply(pod)).create();
  }

  private Pod pod(String podName) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(podName)
        .withNamespace(name)
        .endMetadata()
        .withNewSpec()
        .withNodeName(name)
        .withRestartPolicy("Never")
        .addNewContainer()
        .withName("main")
        .withImage("img")
        .endContainer()
        .endSpec()
        .build();
  }

  private void grant(String role, PolicyRule rule) {
    String roleName = name + "-" + role;
    client
        .resource(
            new ClusterRoleBuilder()
                .withNewMetadata()
                .withName(roleName)
                .endMetadata()
                .withRules(rule)
                .build())
        .create();
    client
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName(roleName)
                .endMetadata()
                .addNewSubject("rbac.authorization.k8s.io", "User", name, null)
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", roleName)
                .build())
        .create();
  }

  private static PolicyRule rules(String group, String... resources) {
    return new PolicyRuleBuilder()
        .withApiGroups(group)
        .withResources(resources)
        .withVerbs("*")
        .build();
  }

  private DaemonSet daemonSet() {
    return new DaemonSetBuilder()
        .withNewMetadata()
        .withName("agents")
        .withNamespace(name)
        .endMetadata()
        .withNewSpec()
        .withNewSelector()
        .addToMatchLabels("app", "agents")
        .endSelector()
        .withNewTemplate()
        .withNewMetadata()
        .addToLabels("app", "agents")
        .endMetadata()
        .withNewSpec()
        .addToNodeSelector("kubernetes.io/hostname", name)
        .addNewToleration()
        .withOperator("Exists")
        .endToleration()
        .addNewContainer()
        .withName("main")
        .withImage("img")
        .endContainer()
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }

  private long statusPatches() {
    return Pattern.compile("^apiserver_request_total\\{(.*)} (\\S+)$", Pattern.MULTILINE)
        .matcher(cluster.metrics())
        .results()
        .filter(
            line ->
                Stream.of("verb=\"PATCH\"", "resource=\"pods\"", "subresource=\"status\"")
                    .allMatch(line.group(1)::contains))
        .mapToLong(line -> (long) Double.parseDouble(line.group(2)))
        .sum();
  }
}
