package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.NAMESPACE;
import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.localPod;
import static io.virtualnode.kubernetes.Federation.pod;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.testkit.FaultProxy;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The rows of the failure table (ARCHITECTURE.md) that no other class has.
 *
 * <p>A pod of one core goes to member b, which has eight; one of nine cores fits member a only. The
 * network in front of each cluster is the node's alone. A second virtual node, {@code ghost}, was
 * deleted before the first test, which gives the primary's pod garbage collector the minute that it
 * takes: its test is the last.
 */
@Alone
@DisplayName("the failure table")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FailureTableIT {

  private static final String GHOST = "ghost";
  private static final String FINALIZER = "test.example.org/kept";
  private static final Duration ONE_WAY = Duration.ofMillis(1500);
  private static final Duration POD_GC = Duration.ofMinutes(2);

  private static Federation federation;
  private static FaultProxy toPrimary;
  private static FaultProxy toA;
  private static FaultProxy toB;

  @BeforeAll
  static void start() {
    federation =
        Federation.start(
            List.of(
                LocalCluster.builder("primary"),
                LocalCluster.builder("a")
                    .nodes(1, NodeShape.cores(64))
                    .apiServerFlags("--default-unreachable-toleration-seconds=3")
                    .controllerManagerFlags(
                        "--node-monitor-grace-period=16s", "--node-monitor-period=1s"),
                LocalCluster.builder("b").nodes(1, NodeShape.cores(8))),
            UnaryOperator.identity());
    toPrimary = federation.primary.faultProxy();
    toA = federation.a.faultProxy();
    toB = federation.b.faultProxy();
    loseGhost();
    restart(Configuration.DEFAULT_MAX_AGE, federation.b.kubeconfigVia(toB));
  }

  @AfterAll
  static void stop() {
    federation.close();
    List.of(toPrimary, toA, toB).forEach(FaultProxy::close);
  }

  @AfterEach
  void clear() {
    List.of(toPrimary, toA, toB).forEach(FaultProxy::pass);
    var clusters = List.of(federation.primary, federation.a, federation.b);
    clusters.forEach(
        cluster -> cluster.client().pods().inNamespace(NAMESPACE).withGracePeriod(0).delete());
    eventually(
        "no pod left",
        () ->
            clusters.stream()
                .allMatch(
                    cluster ->
                        cluster
                            .client()
                            .pods()
                            .inNamespace(NAMESPACE)
                            .list()
                            .getItems()
                            .isEmpty()));
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @Order(1)
  @DisplayName(
      "member API slow or 429/5xx: slow; pod stays as it is, and comes through; others are as fast as ever")
  void slow() {
    restart(Duration.ofSeconds(10), federation.b.kubeconfigVia(toB));
    var usual = startTimes(List.of("a1", "a2", "a3"), "9");
    federation.submit(pod("there", "1", Map.of()));
    federation.awaitPhase("there", "Running");
    assertThat(federation.delegateMember("there").name()).isEqualTo("b");
    eventually("it is ready", () -> isReady("there"));
    try (var primary = new Witness(federation.primary.client())) {
      toB.delay(ONE_WAY);
      federation.submit(pod("slow", "1", Map.of()));
      long begin = System.nanoTime();
      var meanwhile = startTimes(List.of("a4", "a5"), "9");
      federation.awaitPhase("slow", "Running");
      var slow = Duration.ofNanos(System.nanoTime() - begin);
      System.out.printf(
          "started in member a: %s before, %s while b is slow, and in b in %s%n",
          usual, meanwhile, slow);
      assertThat(federation.delegateMember("slow").name()).isEqualTo("b");
      assertThat(slow).as("the slow one is slow").isGreaterThan(ONE_WAY.multipliedBy(4));
      assertThat(meanwhile).allSatisfy(time -> assertThat(time).isLessThan(ONE_WAY));
      assertThat(primary.history(federation.proxy("there").getMetadata().getUid()))
          .allSatisfy(
              state -> {
                assertThat(state.getStatus().getPhase()).isEqualTo("Running");
                assertThat(condition(state, "Ready").getStatus()).isEqualTo("True");
              });
    }
  }

  @Test
  @Order(2)
  @DisplayName(
      "member API slow or 429/5xx: 429 and 500; retry with back-off; pod stays as it is; others unaffected")
  void busy() throws IOException {
    var user = federation.b.kubeconfigFor("forwarder");
    create(federation.b, ADMINISTRATOR);
    restart(Configuration.DEFAULT_MAX_AGE, user);
    var impatient = Config.fromKubeconfig(user.toFile());
    impatient.setRequestRetryBackoffLimit(0);
    impatient.setRequestTimeout((int) Federation.LIMIT.toMillis());
    try (var never = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var forwarder = new KubernetesClientBuilder().withConfig(impatient).build()) {
      var tooMany = create(federation.b, tooManyRequests(never.getLocalPort()));
      var hangs = new PodBuilder(localPod("hangs", "1")).editMetadata().addToLabels("hangs", "");
      var hanging = hangs.endMetadata().build();
      eventually("one request is under way for long", () -> hangs(forwarder, hanging));
      awaitRefusal(forwarder, 429);
      federation.submit(pod("waits", "1", Map.of()));
      federation.submit(pod("other", "9", Map.of()));
      federation.awaitPhase("other", "Running");
      awaitEvent("waits", "429 ");
      assertWaits("waits");
      var broken = create(federation.b, BROKEN);
      awaitRefusal(federation.b.client(), 500);
      delete(federation.b, tooMany);
      awaitEvent("waits", "500 ");
      assertWaits("waits");
      delete(federation.b, broken);
    }
    federation.awaitPhase("waits", "Running");
    assertThat(federation.delegateMember("waits").name()).isEqualTo("b");
    assertThat(federation.delegates().stream().filter(d -> isOf("waits", d))).hasSize(1);
    restart(Configuration.DEFAULT_MAX_AGE, federation.b.kubeconfigVia(toB));
  }

  @Test
  @Order(3)
  @DisplayName(
      "member refuses the pod (admission, quota): another is tried; after the last one event and Pending with the member's own message")
  void refuses() {
    var policy = create(federation.b, NO_SUCH_JOBS);
    awaitRefusal(federation.b.client(), 422);
    try (var b = new Witness(federation.b.client())) {
      federation.submit(pod("refused-here", "1", Map.of()));
      federation.awaitPhase("refused-here", "Running");
      assertThat(federation.delegateMember("refused-here").name()).isEqualTo("a");
      var quota = create(federation.a, ONE_POD);
      eventually(
          "the quota is in force",
          () ->
              federation
                  .a
                  .client()
                  .resourceQuotas()
                  .inNamespace(NAMESPACE)
                  .list()
                  .getItems()
                  .stream()
                  .allMatch(
                      q -> q.getStatus() != null && q.getStatus().getUsed().containsKey("pods")));
      federation.submit(pod("refused", "1", Map.of()));
      awaitEvent("refused", "exceeded quota: one-pod");
      awaitEvent("refused", "site b runs no such jobs");
      var status = federation.proxy("refused").getStatus();
      assertThat(status.getPhase()).isEqualTo("Pending");
      assertThat(status.getReason()).isEqualTo("MemberRefused");
      assertThat(status.getMessage())
          .contains("exceeded quota: one-pod", "site b runs no such jobs");
      assertThat(federation.delegates().stream().filter(d -> isOf("refused", d))).isEmpty();
      assertThat(b.histories()).as("what was ever stored in b").isEmpty();
      delete(federation.a, quota);
      federation.awaitPhase("refused", "Running");
      assertThat(federation.delegateMember("refused").name()).isEqualTo("a");
      assertThat(federation.proxy("refused").getStatus().getReason()).isNull();
    } finally {
      delete(federation.b, policy);
    }
  }

  @Test
  @Order(4)
  @DisplayName(
      "delegate evicted, preempted, deleted by others: proxy Failed with the member's reason, once the delegate is terminal")
  void disturbed() {
    var client = federation.b.client();
    assertEndsAsInMember(
        "evicted", delegate -> client.pods().resource(delegate).evict(), "EvictionByEvictionAPI");
    assertEndsAsInMember("deleted", delegate -> client.resource(delegate).delete(), "");
    var important = create(federation.b, IMPORTANT);
    var local = localPod("important", "8");
    local.getSpec().setPriorityClassName("important");
    assertEndsAsInMember(
        "preempted", delegate -> client.resource(local).create(), "PreemptionByScheduler");
    eventually(
        "what preempted it runs",
        () -> "Running".equals(client.resource(local).get().getStatus().getPhase()));
    delete(federation.b, important);
  }

  private interface Disturbance {
    void act(Pod delegate);
  }

  private static void assertEndsAsInMember(String name, Disturbance other, String reason) {
    try (var member = new Witness(federation.b.client())) {
      federation.submit(pod(name, "1", Map.of(Simulation.STOP_DELAY, "2s")));
      federation.awaitPhase(name, "Running");
      var delegate = Objects.requireNonNull(federation.delegate(name));
      other.act(delegate);
      var uid = delegate.getMetadata().getUid();
      eventually("it ends", () -> last(member, uid).isMarkedForDeletion());
      assertThat(federation.proxy(name).getStatus().getPhase()).as(name).isEqualTo("Running");
      federation.awaitPhase(name, "Failed");
      var end = federation.proxy(name);
      assertThat(last(member, uid).getStatus().getPhase()).isEqualTo("Failed");
      Federation.assertSameRun(end.getStatus(), last(member, uid).getStatus());
      assertThat(Objects.requireNonNullElse(condition(end, "DisruptionTarget").getReason(), ""))
          .as(name)
          .isEqualTo(reason);
      assertThat(end.getStatus().getContainerStatuses().get(0).getState().getTerminated())
          .satisfies(state -> assertThat(state.getExitCode()).isEqualTo(143));
    }
  }

  private static Pod last(Witness member, String uid) {
    var history = member.history(uid);
    return history.get(history.size() - 1);
  }

  @Test
  @Order(5)
  @DisplayName(
      "delegate's node lost: as the member says: not Ready, then Terminating; Failed only when the delegate is gone")
  void nodeLost() {
    try (var node = new PlayedNode(federation.a, "a-lost", 128, Duration.ZERO)) {
      federation.submit(pod("lost", "100", Map.of()));
      var delegate = awaitDelegateOn(node, "lost");
      node.run(delegate);
      federation.awaitPhase("lost", "Running");
      eventually("it is ready", () -> isReady("lost"));
      eventually("the member says that it is not", () -> !isReady(delegateOf("lost")));
      eventually("so does the proxy", () -> !isReady("lost"));
      eventually("the member evicts it", () -> delegateOf("lost").isMarkedForDeletion());
      await("it is not failed while its delegate may run")
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(4))
          .until(() -> "Running".equals(federation.proxy("lost").getStatus().getPhase()));
      Federation.assertSameRun(
          federation.proxy("lost").getStatus(), delegateOf("lost").getStatus());
      federation.a.client().resource(delegateOf("lost")).withGracePeriod(0).delete();
      federation.awaitPhase("lost", "Failed");
      assertThat(federation.proxy("lost").getStatus().getReason()).isEqualTo("DelegateLost");
    }
  }

  @Test
  @Order(6)
  @DisplayName(
      "our Node object is deleted by somebody: recreated at once with the same allocatable")
  void nodeDeleted() {
    federation.submit(pod("runs", "1", Map.of()));
    federation.awaitPhase("runs", "Running");
    federation.awaitTruth("a pod runs");
    var delegate = delegateOf("runs").getMetadata().getUid();
    var allocatable = federation.allocatable();
    var nodes = federation.primary.client().nodes().withName(Federation.NODE);
    var uid = nodes.get().getMetadata().getUid();
    long begin = System.nanoTime();
    nodes.delete();
    eventually(
        "it is recreated",
        () -> {
          var now = nodes.get();
          return now != null
              && !now.getMetadata().getUid().equals(uid)
              && federation.allocatable().equals(allocatable);
        });
    var took = Duration.ofNanos(System.nanoTime() - begin);
    System.out.printf("the Node was there again after %s%n", took);
    assertThat(took).as("long before PodGC looks").isLessThan(Duration.ofSeconds(10));
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(delegateOf("runs").getMetadata().getUid()).isEqualTo(delegate);
    federation.submit(pod("next", "1", Map.of()));
    federation.awaitPhase("next", "Running");
  }

  @Test
  @Order(7)
  @DisplayName("primary unreachable: delegates go on; statuses are delivered when it is back")
  void primaryUnreachable() {
    federation.submit(pod("ends", "1", Map.of(Simulation.RUN_FOR, "3s")));
    federation.submit(pod("runs", "1", Map.of()));
    federation.submit(pod("leaves", "1", Map.of()));
    List.of("ends", "runs", "leaves").forEach(name -> federation.awaitPhase(name, "Running"));
    var running = delegateOf("runs").getMetadata().getUid();
    toPrimary.cut();
    federation.submit(pod("comes", "1", Map.of()));
    proxyOf("leaves").delete();
    eventually(
        "it ends in the member",
        () -> "Succeeded".equals(delegateOf("ends").getStatus().getPhase()));
    await("nobody is told, and the others run on")
        .during(Duration.ofSeconds(2))
        .atMost(Duration.ofSeconds(4))
        .until(
            () ->
                federation.delegates().size() >= 3
                    && "Running".equals(federation.proxy("ends").getStatus().getPhase())
                    && "Running".equals(delegateOf("leaves").getStatus().getPhase())
                    && "Pending".equals(federation.proxy("comes").getStatus().getPhase()));
    toPrimary.pass();
    federation.awaitPhase("ends", "Succeeded");
    Federation.assertSameRun(federation.proxy("ends").getStatus(), delegateOf("ends").getStatus());
    federation.awaitPhase("comes", "Running");
    eventually("what was deleted is ended", () -> federation.proxy("leaves") == null);
    assertThat(delegateOf("runs").getMetadata().getUid()).isEqualTo(running);
    federation.awaitTruth("the primary was back");
  }

  @Test
  @Order(8)
  @DisplayName(
      "clock skew, watch 410, dropped watch: relist; what came and went meanwhile is told as it is")
  void dropped() {
    for (var name : List.of("ends", "forced", "robbed", "runs")) {
      federation.submit(pod(name, "1", Map.of()));
      federation.awaitPhase(name, "Running");
    }
    var running = delegateOf("runs").getMetadata().getUid();
    var versions = new HashMap<LocalCluster, String>();
    for (var cluster : List.of(federation.primary, federation.b)) {
      var list = cluster.client().pods().inNamespace(NAMESPACE).list();
      versions.put(cluster, list.getMetadata().getResourceVersion());
    }
    List.of(toPrimary, toA, toB).forEach(FaultProxy::cut);
    federation.b.client().resource(localPod("local", "1")).create();
    federation.b.client().resource(delegateOf("robbed")).withGracePeriod(0).delete();
    Federation.annotate(federation.b, delegateOf("ends"), Simulation.RUN_FOR, "1s");
    eventually(
        "it has ended in the member",
        () -> "Succeeded".equals(delegateOf("ends").getStatus().getPhase()));
    proxyOf("forced").withGracePeriod(0).delete();
    federation.submit(pod("comes", "1", Map.of()));
    // A watch that goes on where it was finds that nobody remembers that.
    for (var version : versions.entrySet()) {
      var cluster = version.getKey();
      cluster.restartApiServer();
      assertThat(watchFrom(cluster.client(), version.getValue())).contains("410");
    }
    List.of(toPrimary, toA, toB).forEach(FaultProxy::pass);
    federation.awaitPhase("ends", "Succeeded");
    Federation.assertSameRun(federation.proxy("ends").getStatus(), delegateOf("ends").getStatus());
    federation.awaitPhase("robbed", "Failed");
    assertThat(federation.proxy("robbed").getStatus().getReason()).isEqualTo("DelegateLost");
    federation.awaitPhase("comes", "Running");
    eventually("the orphan is removed", () -> federation.delegate("forced") == null);
    assertThat(delegateOf("runs").getMetadata().getUid()).isEqualTo(running);
    federation.awaitTruth("all watches were dropped");
  }

  /** What a watch from that version on shows first. */
  private static String watchFrom(KubernetesClient cluster, String version) {
    try {
      return cluster.raw(
          "/api/v1/namespaces/%s/pods?watch=true&timeoutSeconds=1&resourceVersion=%s"
              .formatted(NAMESPACE, version));
    } catch (KubernetesClientException e) {
      return String.valueOf(e.getCode());
    }
  }

  @Test
  @Order(9)
  @DisplayName(
      "clock skew, watch 410, dropped watch: the times of a kubelet that is an hour ahead are told as they are")
  void clockSkew() {
    try (var node = new PlayedNode(federation.a, "a-ahead", 128, Duration.ofHours(1))) {
      federation.submit(pod("skewed", "100", Map.of()));
      node.run(awaitDelegateOn(node, "skewed"));
      federation.awaitPhase("skewed", "Running");
      Federation.assertSameRun(
          federation.proxy("skewed").getStatus(), delegateOf("skewed").getStatus());
      node.succeed(delegateOf("skewed"));
      federation.awaitPhase("skewed", "Succeeded");
      var end = federation.proxy("skewed").getStatus();
      Federation.assertSameRun(end, delegateOf("skewed").getStatus());
      assertThat(java.time.Instant.parse(end.getStartTime()))
          .isAfter(java.time.Instant.now().plus(Duration.ofMinutes(50)));
    }
  }

  @Test
  @Order(10)
  @DisplayName(
      "our Node object is deleted by somebody while we are down: proxies that PodGC failed are ended truthfully")
  void garbageCollected() {
    var proxies = federation.primary.client().pods().inNamespace(GHOST);
    await("PodGC deletes what is on no node")
        .atMost(POD_GC)
        .until(() -> proxies.withName("plain").get() == null);
    await("PodGC fails what it cannot delete")
        .atMost(POD_GC)
        .until(() -> "Failed".equals(proxies.withName("kept").get().getStatus().getPhase()));
    assertThat(ghostDelegates()).as("what runs on").hasSize(2);
    try (var ghost = ghost()) {
      eventually("the delegates are ended", () -> ghostDelegates().isEmpty());
      var kept = proxies.withName("kept").get();
      assertThat(kept.getStatus().getPhase()).isEqualTo("Failed");
      assertThat(condition(kept, "DisruptionTarget").getReason()).isEqualTo("DeletionByPodGC");
      assertThat(ghost.drift()).isZero();
    } finally {
      proxies
          .withName("kept")
          .edit(pod -> new PodBuilder(pod).editMetadata().withFinalizers().endMetadata().build());
    }
    assertThat(federation.primary.client().nodes().withName(GHOST).get()).isNotNull();
  }

  /** Two pods run on another virtual node, whose process ends and whose Node is deleted. */
  private static void loseGhost() {
    List.of(federation.primary, federation.a, federation.b)
        .forEach(cluster -> cluster.createNamespace(GHOST));
    var ghost = ghost();
    for (var name : List.of("plain", "kept")) {
      var builder =
          new PodBuilder(pod(name, "9", Map.of()))
              .editMetadata()
              .withNamespace(GHOST)
              .endMetadata()
              .editSpec()
              .addToNodeSelector("virtualnode.io/family", GHOST)
              .endSpec();
      if ("kept".equals(name)) {
        builder.editMetadata().withFinalizers(FINALIZER).endMetadata();
      }
      federation.submit(builder.build());
    }
    eventually(
        "they run",
        () ->
            federation.primary.client().pods().inNamespace(GHOST).list().getItems().stream()
                .allMatch(pod -> "Running".equals(pod.getStatus().getPhase())));
    ghost.close();
    federation.primary.client().nodes().withName(GHOST).delete();
  }

  private static ForwardingNode ghost() {
    var ghost =
        new ForwardingNode(
            federation.configuration().withNode(NodeSettings.named(GHOST)), Duration.ofSeconds(2));
    ghost.start();
    ghost.ready().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    return ghost;
  }

  private static List<Pod> ghostDelegates() {
    return federation.delegates().stream()
        .filter(pod -> GHOST.equals(pod.getMetadata().getNamespace()))
        .toList();
  }

  // --- what the tests do

  private static void restart(Duration maxAge, Path toB) {
    federation.restartNode(
        plain ->
            new Configuration(
                plain.node(),
                ClusterAccess.of(federation.primary.kubeconfigVia(toPrimary)),
                maxAge,
                plain.placement(),
                plain.faults(),
                plain.replicas(),
                List.of(
                    MemberSettings.named("a", ClusterAccess.of(federation.a.kubeconfigVia(toA))),
                    MemberSettings.named("b", ClusterAccess.of(toB)))));
    federation.awaitTruth("a restart");
  }

  /** How long each takes from its creation to Running, all created together. */
  private static List<Duration> startTimes(List<String> names, String cpu) {
    long begin = System.nanoTime();
    names.forEach(name -> federation.submit(pod(name, cpu, Map.of())));
    var times = new HashMap<String, Duration>();
    await("all run")
        .atMost(Federation.LIMIT)
        .pollInterval(Duration.ofMillis(30))
        .until(
            () -> {
              for (var name : names) {
                if ("Running".equals(federation.proxy(name).getStatus().getPhase())) {
                  times.putIfAbsent(name, Duration.ofNanos(System.nanoTime() - begin));
                }
              }
              return times.size() == names.size();
            });
    names.forEach(
        name -> assertThat(federation.delegateMember(name).name()).as(name).isEqualTo("a"));
    return new ArrayList<>(times.values());
  }

  private static Pod awaitDelegateOn(PlayedNode node, String name) {
    eventually(
        "the delegate is on its node",
        () -> {
          var found = federation.delegate(name);
          return found != null && node.has(found);
        });
    return delegateOf(name);
  }

  private static io.fabric8.kubernetes.client.dsl.PodResource proxyOf(String name) {
    return federation.primary.client().pods().inNamespace(NAMESPACE).withName(name);
  }

  private static Pod delegateOf(String name) {
    return Objects.requireNonNull(federation.delegate(name), name);
  }

  private static boolean isOf(String proxy, Pod delegate) {
    return (NAMESPACE + "/" + proxy)
        .equals(delegate.getMetadata().getAnnotations().get("virtualnode.io/proxy"));
  }

  private static boolean isReady(String name) {
    return isReady(federation.proxy(name));
  }

  private static boolean isReady(Pod pod) {
    return "True".equals(condition(pod, "Ready").getStatus());
  }

  private static PodCondition condition(Pod pod, String type) {
    return pod.getStatus().getConditions().stream()
        .filter(condition -> type.equals(condition.getType()))
        .findFirst()
        .orElseGet(PodCondition::new);
  }

  private static void assertWaits(String name) {
    assertThat(federation.proxy(name).getStatus().getPhase()).isEqualTo("Pending");
    assertThat(federation.delegates().stream().filter(d -> isOf(name, d))).isEmpty();
  }

  private static void awaitEvent(String pod, String words) {
    eventually(
        "an event of " + pod + " says " + words,
        () ->
            federation
                .primary
                .client()
                .v1()
                .events()
                .inNamespace(NAMESPACE)
                .list()
                .getItems()
                .stream()
                .filter(event -> pod.equals(event.getInvolvedObject().getName()))
                .filter(event -> "Warning".equals(event.getType()))
                .anyMatch(event -> event.getMessage().contains(words)));
  }

  /** Sends a request that takes the one seat there is; false if it did not last. */
  private static boolean hangs(KubernetesClient client, Pod pod) {
    var answer = CompletableFuture.supplyAsync(() -> client.resource(pod).create());
    try {
      answer.get(1, TimeUnit.SECONDS);
      federation.b.client().resource(pod).withGracePeriod(0).delete(); // it came too early
      return false;
    } catch (TimeoutException e) {
      return true;
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits until a pod could not be created. */
  private static void awaitRefusal(KubernetesClient client, int code) {
    eventually(
        "creations are answered with " + code,
        () -> {
          try {
            client.resource(localPod("refused-probe", "1")).dryRun().create();
            return false;
          } catch (KubernetesClientException e) {
            return e.getCode() == code;
          }
        });
  }

  private static List<HasMetadata> create(LocalCluster cluster, String yaml) {
    return cluster.client().load(new ByteArrayInputStream(yaml.getBytes(UTF_8))).create();
  }

  private static void delete(LocalCluster cluster, List<HasMetadata> objects) {
    cluster.client().resourceList(objects).delete();
  }

  private static final String ADMINISTRATOR =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: forwarder}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
      subjects:
      - {apiGroup: rbac.authorization.k8s.io, kind: User, name: forwarder}
      """;

  /** A user's requests find one seat, in which one can be made to sit. */
  private static String tooManyRequests(int hangingPort) {
    return """
      apiVersion: flowcontrol.apiserver.k8s.io/v1
      kind: PriorityLevelConfiguration
      metadata: {name: none}
      spec:
        type: Limited
        limited:
          nominalConcurrencyShares: 0
          lendablePercent: 0
          borrowingLimitPercent: 0
          limitResponse: {type: Reject}
      ---
      apiVersion: flowcontrol.apiserver.k8s.io/v1
      kind: FlowSchema
      metadata: {name: no-pods}
      spec:
        priorityLevelConfiguration: {name: none}
        matchingPrecedence: 2
        rules:
        - subjects: [{kind: User, user: {name: forwarder}}]
          resourceRules:
          - {apiGroups: [""], resources: [pods], verbs: [create, patch], namespaces: ["*"]}
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingWebhookConfiguration
      metadata: {name: hangs}
      webhooks:
      - name: hangs.example.org
        clientConfig: {url: "https://127.0.0.1:%d/"}
        objectSelector: {matchLabels: {hangs: ""}}
        rules:
        - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
        failurePolicy: Fail
        sideEffects: None
        timeoutSeconds: 30
        admissionReviewVersions: [v1]
      """
        .formatted(hangingPort);
  }

  private static final String BROKEN =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingWebhookConfiguration
      metadata: {name: broken}
      webhooks:
      - name: broken.example.org
        clientConfig: {url: "https://127.0.0.1:1/"}
        rules:
        - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
        failurePolicy: Fail
        sideEffects: None
        timeoutSeconds: 1
        admissionReviewVersions: [v1]
      """;

  private static final String NO_SUCH_JOBS =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicy
      metadata: {name: no-such-jobs}
      spec:
        failurePolicy: Fail
        matchConstraints:
          resourceRules:
          - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
        validations:
        - expression: "!object.metadata.name.startsWith('refused')"
          message: site b runs no such jobs
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicyBinding
      metadata: {name: no-such-jobs}
      spec: {policyName: no-such-jobs, validationActions: [Deny]}
      """;

  private static final String ONE_POD =
      """
      apiVersion: v1
      kind: ResourceQuota
      metadata: {name: one-pod, namespace: default}
      spec: {hard: {pods: "1"}}
      """;

  private static final String IMPORTANT =
      """
      apiVersion: scheduling.k8s.io/v1
      kind: PriorityClass
      metadata: {name: important}
      value: 1000
      """;
}
