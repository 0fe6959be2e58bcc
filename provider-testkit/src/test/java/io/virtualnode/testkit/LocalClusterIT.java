package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.authentication.SelfSubjectReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(Lifecycle.PER_CLASS)
class LocalClusterIT {

  private final LocalCluster cluster =
      LocalCluster.builder("alpha")
          .nodes(1, NodeShape.of(8, "32Gi").withLabel("site", "a").with("x.org/gpu", "2"))
          .nodes(1, 4, "16Gi", "50Gi", 20)
          .start();
  private final KubernetesClient client = cluster.client();

  @AfterAll
  void close() {
    cluster.close();
  }

  @Test
  @DisplayName("nodes are Ready and of the shapes asked for when start returns")
  void nodesAreReady() {
    List<Node> nodes = client.nodes().list().getItems();
    assertThat(nodes)
        .extracting(node -> node.getMetadata().getName())
        .contains("alpha-1", "alpha-2");
    Node first = node("alpha-1");
    assertThat(readyStatus(first)).isEqualTo("True");
    assertThat(first.getSpec().getTaints()).isEmpty();
    assertThat(first.getMetadata().getLabels()).containsEntry("site", "a");
    assertThat(first.getStatus().getAllocatable()).containsEntry("cpu", new Quantity("8"));
    assertThat(first.getStatus().getAllocatable()).containsEntry("x.org/gpu", new Quantity("2"));
    assertThat(node("alpha-2").getStatus().getAllocatable())
        .containsEntry("pods", new Quantity("20"));
  }

  @Test
  @DisplayName("the cluster tells the version it was built from, and its metrics")
  void versionAndMetrics() {
    assertThat(requireNonNull(client.getKubernetesVersion()).getGitVersion()).isEqualTo("v1.37.2");
    assertThat(cluster.metrics()).contains("apiserver_request_total");
  }

  @Test
  @DisplayName("the scheduler tells its metrics and its cache, to administrators only")
  void schedulerMetricsAndCache() {
    Workload quick =
        Workload.named("counted").withSlot(2, "2Gi", "1Gi").runningFor(Duration.ofMinutes(5));
    client.resource(quick.pod()).create();
    awaitPhase("counted", "Running");

    assertThat(cluster.schedulerMetrics("/metrics")).contains("scheduler_pending_pods");
    assertThat(cluster.schedulerMetrics("/metrics/resources"))
        .containsPattern("kube_pod_resource_request\\{.*pod=\"counted\".*unit=\"cores\"} 1.8");
    assertThat(cluster.schedulerCache())
        .containsPattern("Node name: alpha-[12]\n(.*\n)*.*MilliCPU:1800 (.*\n)+.*name: counted");

    client.resource(quick.pod()).withGracePeriod(0).delete();
    String url = cluster.schedulerUrl();
    try (KubernetesClient nobody = cluster.clientFor("nobody")) {
      assertThatThrownBy(() -> nobody.raw(url + "/metrics")).hasMessageContaining("forbidden");
    }
  }

  @Test
  @DisplayName(
      "a client that goes through a proxy is cut off and comes back; others notice nothing")
  void throughAProxy() {
    try (FaultProxy proxy = cluster.faultProxy();
        KubernetesClient through = impatient(cluster.kubeconfigVia(proxy))) {
      assertThat(through.nodes().withName("alpha-1").get()).isNotNull();
      proxy.cut();
      assertThatThrownBy(() -> through.nodes().withName("alpha-1").get())
          .isInstanceOf(KubernetesClientException.class);
      assertThat(client.nodes().withName("alpha-1").get()).isNotNull();
      proxy.pass();
      assertThat(through.nodes().withName("alpha-1").get()).isNotNull();
      assertThat(proxy.counts().answerBytes()).isGreaterThan(1000);
    }
  }

  /** A client that tries once. */
  private static KubernetesClient impatient(Path kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(Config.fromKubeconfig(kubeconfig.toFile()))
                .withRequestRetryBackoffLimit(0)
                .build())
        .build();
  }

  @Test
  @DisplayName("an API server that is stopped or killed comes back on its port with its data")
  void apiServerComesBack() {
    ConfigMap kept =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName("kept")
            .endMetadata()
            .addToData("k", "v")
            .build();
    client.resource(kept).create();
    String url = cluster.url();

    cluster.stopApiServer();
    assertThat(answers(url)).isFalse();
    cluster.startApiServer();
    assertThat(requireNonNull(client.resource(kept).get()).getData()).containsEntry("k", "v");

    cluster.killApiServer();
    assertThat(answers(url)).isFalse();
    cluster.startApiServer();
    assertThat(cluster.url()).isEqualTo(url);
    assertThat(requireNonNull(client.resource(kept).get()).getData()).containsEntry("k", "v");
    assertRunsAJob("after-restart");
  }

  @Test
  @DisplayName("a frozen API server does not answer until it is thawed")
  void freezeAndThaw() {
    cluster.freezeApiServer();
    try {
      assertThat(answers(cluster.url())).isFalse();
    } finally {
      cluster.thawApiServer();
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> answers(cluster.url()));
  }

  @Test
  @DisplayName("a NotReady node stays NotReady while its pods go on, and comes back")
  void notReadySticks() {
    cluster.addNode("sick", NodeShape.of(2, "4Gi").withTaint("sick", "yes", "NoSchedule"));
    cluster.setNodeReady("sick", false);
    await()
        .during(Duration.ofSeconds(12))
        .atMost(Duration.ofSeconds(20))
        .until(() -> readyStatus(node("sick")).equals("False"));
    cluster.setNodeReady("sick", true);
    assertThat(readyStatus(node("sick"))).isEqualTo("True");
    cluster.removeNode("sick");
    assertThat(client.nodes().withName("sick").get()).isNull();
  }

  @Test
  @DisplayName("with its kubelets frozen a node's pods do not end, and do once these are thawed")
  void frozenKubelets() {
    Duration run = Duration.ofSeconds(10);
    client.resource(Workload.named("kept-waiting").runningFor(run).pod()).create();
    awaitPhase("kept-waiting", "Running");
    cluster.freezeKubelets();
    Instant thawed;
    try {
      Instant end = Instant.parse(state("kept-waiting").getRunning().getStartedAt()).plus(run);
      await().atMost(run.plusSeconds(20)).until(() -> Instant.now().isAfter(end.plusSeconds(2)));
      assertThat(phase("kept-waiting")).isEqualTo("Running");
    } finally {
      thawed = Instant.now();
      cluster.thawKubelets();
    }
    awaitPhase("kept-waiting", "Succeeded");
    assertThat(Instant.parse(state("kept-waiting").getTerminated().getFinishedAt()))
        .isAfterOrEqualTo(thawed.truncatedTo(ChronoUnit.SECONDS));
  }

  @Test
  @DisplayName("kubeconfigFor gives exactly that user, who may do nothing without RBAC")
  void userOfItsOwn() {
    try (KubernetesClient harvester = cluster.clientFor("harvester", "grid", "panda")) {
      UserInfo user =
          requireNonNull(
                  harvester.resource(new SelfSubjectReviewBuilder().build()).create().getStatus())
              .getUserInfo();
      assertThat(user.getUsername()).isEqualTo("harvester");
      assertThat(user.getGroups())
          .containsExactlyInAnyOrder("grid", "panda", "system:authenticated");
      assertThatThrownBy(() -> harvester.pods().inNamespace("default").list())
          .isInstanceOfSatisfying(
              KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(403));
    }
  }

  @Test
  @DisplayName("pods can be created in a namespace as soon as it is made")
  void namespaceIsUsable() {
    // Without the wait, one of many is refused for its missing service account.
    for (int i = 0; i < 20; i++) {
      String namespace = "grid-" + i;
      cluster.createNamespace(namespace);
      Pod pod = client.resource(Workload.named("first").in(namespace).pod()).create();
      assertThat(pod.getSpec().getServiceAccountName()).isEqualTo("default");
    }
  }

  @Test
  @DisplayName("a cluster with a wrong flag fails with the log of the process that refused it")
  void failureShowsTheLog() {
    assertThatThrownBy(
            () -> LocalCluster.builder("wrong").apiServerFlags("--no-such-flag=1").start())
        .isInstanceOf(TestkitException.class)
        .hasMessageContaining("kube-apiserver of wrong")
        .hasMessageContaining("unknown flag: --no-such-flag");
  }

  @Test
  @DisplayName("clusters start in parallel, without nodes too, and nothing is left after close")
  void parallelStartAndClose() {
    List<LocalCluster> clusters =
        LocalCluster.startAll(
            LocalCluster.builder("primary").scheduler(false),
            LocalCluster.builder("beta").nodes(1, NodeShape.of(1, "2Gi")));
    assertThat(clusters).extracting(LocalCluster::name).containsExactly("primary", "beta");
    List<Long> pids = clusters.stream().flatMap(one -> one.pids().stream()).toList();
    assertThatThrownBy(() -> clusters.get(0).schedulerMetrics("/metrics"))
        .isInstanceOf(TestkitException.class)
        .hasMessage("kube-scheduler of primary was not started");
    List<Path> directories = clusters.stream().map(LocalCluster::folder).toList();
    assertThat(pids).hasSize(3 + 5).allMatch(LocalClusterIT::isAlive);

    clusters.forEach(LocalCluster::close);

    assertThat(pids).noneMatch(LocalClusterIT::isAlive);
    assertThat(directories).noneMatch(Files::exists);
  }

  @Test
  @DisplayName("when one of several clusters does not start, none is left")
  void allOrNone() {
    assertThatThrownBy(
            () ->
                LocalCluster.startAll(
                    LocalCluster.builder("good"),
                    LocalCluster.builder("bad").apiServerFlags("--no-such-flag=1")))
        .isInstanceOf(TestkitException.class)
        .hasMessageContaining("kube-apiserver of bad");
    assertThat(ProcessHandle.current().descendants())
        .noneMatch(
            process -> process.info().commandLine().orElse("").contains("virtualnode-good-"));
  }

  @Test
  @DisplayName("when the thread that closes is interrupted, nothing is left either")
  void interruptedClose() {
    LocalCluster other = LocalCluster.builder("interrupted").scheduler(false).start();
    List<Long> pids = other.pids();
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(other::close).isInstanceOf(TestkitException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(pids).hasSize(3).noneMatch(LocalClusterIT::isAlive);
    assertThat(other.folder()).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "KILL"})
  @DisplayName("nothing is left when the whole process group of the JVM is signalled")
  void groupSignalled(String signal, @TempDir Path temporary) throws Exception {
    Process jvm = GuardedProcessTest.startJvm(Owner.class, "alone", temporary.toString());
    List<ProcessHandle> processes = startedBy(jvm);

    GuardedProcessTest.signal(signal, -jvm.pid());

    assertThat(jvm.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertNothingIsLeft(processes, temporary);
  }

  @Test
  @DisplayName("a caller that took over the shutdown still has its API server in its own hook")
  void shutdownByCaller(@TempDir Path temporary) throws Exception {
    Process jvm = GuardedProcessTest.startJvm(Owner.class, "caller", temporary.toString());
    List<ProcessHandle> processes = startedBy(jvm);

    GuardedProcessTest.signal("TERM", jvm.pid());

    List<String> said = jvm.inputReader().lines().toList();
    assertThat(jvm.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(said).containsExactly("answers", "closed");
    assertNothingIsLeft(processes, temporary);
  }

  private static List<ProcessHandle> startedBy(Process jvm) throws IOException {
    assertThat(jvm.inputReader().readLine()).isEqualTo("started");
    List<ProcessHandle> processes = jvm.descendants().toList();
    assertThat(processes).hasSizeGreaterThanOrEqualTo(3 * 3); // program, guard and watcher each
    return processes;
  }

  private static void assertNothingIsLeft(List<ProcessHandle> processes, Path temporary) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> processes.stream().noneMatch(GuardedProcessTest.Alive::test));
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(temporary).isEmptyDirectory());
  }

  /** Starts a cluster in a temporary directory and waits to be ended. */
  static final class Owner {
    private static final Duration WATCHED = Duration.ofSeconds(1);

    private Owner() {}

    public static void main(String[] args) throws IOException {
      System.setProperty("java.io.tmpdir", args[1]);
      LocalCluster own = LocalCluster.builder("owned").scheduler(false).start();
      if (args[0].equals("caller")) {
        own.leaveShutdownToCaller();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(own)));
      }
      System.out.println("started");
      assertThat(System.in.read()).isNegative();
    }

    /** The API server answers as long as this has not closed it. */
    private static void end(LocalCluster own) {
      await().during(WATCHED).atMost(WATCHED.multipliedBy(3)).until(() -> answers(own.url()));
      System.out.println("answers");
      own.close();
      System.out.println("closed");
    }
  }

  private void assertRunsAJob(String name) {
    client.resource(Workload.named(name).runningFor(Duration.ofMillis(100)).job()).create();
    client
        .pods()
        .inNamespace("default")
        .withLabel("job-name", name)
        .waitUntilCondition(
            pod -> pod != null && pod.getStatus().getPhase().equals("Succeeded"),
            60,
            TimeUnit.SECONDS);
  }

  private void awaitPhase(String pod, String phase) {
    await().atMost(Duration.ofSeconds(30)).until(() -> phase(pod).equals(phase));
  }

  private String phase(String pod) {
    return requireNonNull(client.pods().inNamespace("default").withName(pod).get())
        .getStatus()
        .getPhase();
  }

  private ContainerState state(String pod) {
    return requireNonNull(client.pods().inNamespace("default").withName(pod).get())
        .getStatus()
        .getContainerStatuses()
        .get(0)
        .getState();
  }

  private Node node(String name) {
    return requireNonNull(client.nodes().withName(name).get());
  }

  private static String readyStatus(Node node) {
    return node.getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals("Ready"))
        .map(NodeCondition::getStatus)
        .findFirst()
        .orElse("none");
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).isPresent();
  }

  private static boolean answers(String url) {
    return new HealthProbe().answersOk(URI.create(url + "/readyz"));
  }
}
