package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes of their own with one configuration; {@code -Dreplicas.rounds} of each fault. */
@SuppressWarnings("NullAway.Init") // set before each test
@Alone
@DisplayName("replicas")
class ReplicasIT {

  private static final int ROUNDS = Integer.getInteger("replicas.rounds", 2);
  private static final Duration LEASE = Duration.ofSeconds(4);
  private static final double CLEAN_SECONDS = 5;
  private static final int PODS = 7; // in a round

  private static Federation federation;

  @TempDir private Path folder;
  private VnodeProcesses processes;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(8), NodeShape.cores(8));
    federation.stopNode(); // the processes take its place
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @BeforeEach
  void begin() {
    processes = new VnodeProcesses(folder);
  }

  @AfterEach
  void end() throws InterruptedException {
    processes.kill();
    federation.primary.client().leases().inNamespace(Federation.NAMESPACE).delete();
    federation.clear();
  }

  @Test
  @DisplayName("the leader is stopped cleanly: another leads and starts pods within 5 s")
  void cleanStop() throws Exception {
    var first = vnode("aggregate");
    awaitHolder("vnode", holder -> !holder.isEmpty());
    vnode("aggregate");
    federation.submit(pod("runs", "1", Map.of()));
    federation.awaitPhase("runs", "Running");
    await("both are there").atMost(Federation.LIMIT).until(() -> replicas() == 2);
    var holder = holder("vnode");
    long begin = System.nanoTime();
    first.toHandle().destroy();
    awaitHolder("vnode", other(holder));
    double led = (System.nanoTime() - begin) / 1e9;
    federation.submit(pod("next", "1", Map.of(Simulation.RUN_FOR, "200ms")));
    federation.awaitPhase("next", "Succeeded");
    double worked = (System.nanoTime() - begin) / 1e9;
    System.out.printf(
        "after SIGTERM another led in %.2f s and had ended a pod in %.2f s%n", led, worked);
    assertThat(worked).isLessThan(CLEAN_SECONDS);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(first.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(first.exitValue()).isZero();
    await("it has said goodbye").atMost(Federation.LIMIT).until(() -> replicas() == 1);
  }

  @Test
  @DisplayName(
      "two replicas, one frozen past its lease or killed:"
          + " the thawed one can change nothing, no pod runs twice, none is lost")
  void frozen() throws Exception {
    try (var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      vnode("aggregate");
      vnode("aggregate");
      for (int round = 0; round < ROUNDS; round++) {
        awaitHolder("vnode", holder -> !holder.isEmpty());
        await("the other one stands by").atMost(Federation.LIMIT).until(() -> replicas() == 2);
        var holder = holder("vnode");
        for (int i = 1; i < PODS; i++) {
          submit(i);
        }
        var leader = process(holder);
        signal(leader, "STOP"); // in the midst of creating them
        long begin = System.nanoTime();
        awaitHolder("vnode", other(holder));
        System.out.printf(
            "round %d: another led %.1f s after SIGSTOP%n",
            round, (System.nanoTime() - begin) / 1e9);
        submit(PODS);
        eventually("all have ended under the other", () -> succeeded() == PODS);
        federation.primary.client().pods().inNamespace(Federation.NAMESPACE).delete();
        eventually("they have gone", () -> proxies().isEmpty());
        if (round % 2 == 0) {
          signal(leader, "CONT"); // what it was about to do, it does now
          await("the thawed one knows that it no longer leads")
              .atMost(Federation.LIMIT)
              .until(() -> processes.log(leader).contains("is no longer held by this process"));
        } else {
          leader.destroyForcibly().waitFor();
          vnode("aggregate");
        }
        await("nothing comes of it")
            .during(Duration.ofSeconds(1))
            .atMost(Federation.LIMIT)
            .until(() -> federation.delegates().isEmpty());
      }
      var runs =
          Stream.of(a, b)
              .flatMap(member -> member.runs().stream())
              .collect(
                  Collectors.groupingBy(
                      states ->
                          states.get(0).getMetadata().getLabels().get("virtualnode.io/proxy-uid"),
                      Collectors.counting()));
      System.out.printf("%d rounds, %d pods ran%n", ROUNDS, runs.size());
      assertThat(runs).hasSize(PODS * ROUNDS);
      assertThat(runs.values()).allMatch(n -> n == 1);
    }
  }

  @Test
  @DisplayName("several virtual nodes are shared out, and taken over from a replica that is killed")
  void sharedOut() throws Exception {
    vnode("per-member");
    awaitHolder("vnode.a", holder -> !holder.isEmpty());
    awaitHolder("vnode.b", holder -> !holder.isEmpty());
    assertThat(leaders("vnode.a", "vnode.b")).as("the only one leads all").hasSize(1);
    runOneInEach("alone");

    vnode("per-member");
    await("each leads one")
        .atMost(Federation.LIMIT)
        .until(() -> leaders("vnode.a", "vnode.b").size() == 2);
    runOneInEach("shared");

    var left = process(holder("vnode.a"));
    process(holder("vnode.b")).destroyForcibly().waitFor();
    long begin = System.nanoTime();
    await("the other leads both")
        .atMost(Federation.LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> leaders("vnode.a", "vnode.b").equals(Set.of(left)));
    double led = (System.nanoTime() - begin) / 1e9;
    System.out.printf("the other led both %.1f s after SIGKILL%n", led);
    assertThat(led).isLessThan(2.0 + LEASE.toSeconds());
    runOneInEach("taken");
    assertThat(
            Stream.of("alone", "shared", "taken")
                .flatMap(name -> Stream.of(name + "-a", name + "-b"))
                .map(name -> federation.proxy(name).getStatus().getPhase()))
        .containsOnly("Running");
  }

  @Test
  @DisplayName("an aggregate is divided when its last pod has gone, and not before")
  void divided() throws Exception {
    var former = vnode("aggregate");
    federation.submit(pod("former", "1", Map.of()));
    federation.awaitPhase("former", "Running");
    former.toHandle().destroy();
    assertThat(former.waitFor(30, TimeUnit.SECONDS)).isTrue();

    vnode("per-member");
    vnode("per-member");
    await("one leads all")
        .atMost(Federation.LIMIT)
        .until(() -> led().equals(Set.of("vnode", "vnode.a", "vnode.b")));
    assertThat(leaders("vnode", "vnode.a", "vnode.b")).hasSize(1);
    runOneInEach("together");
    assertThat(federation.proxy("former").getStatus().getPhase()).isEqualTo("Running");

    federation.primary.client().pods().inNamespace("default").withName("former").delete();
    eventually(
        "the former node is gone",
        () -> federation.primary.client().nodes().withName("vnode").get() == null);
    await("each leads one")
        .atMost(Federation.LIMIT)
        .until(
            () ->
                led().equals(Set.of("vnode.a", "vnode.b"))
                    && leaders("vnode.a", "vnode.b").size() == 2);
    runOneInEach("apart");
  }

  /** A pod on each of the members' virtual nodes. */
  private static void runOneInEach(String name) {
    for (var member : List.of("a", "b")) {
      var pod = pod(name + "-" + member, "1", Map.of());
      pod.getSpec().setNodeSelector(Map.of("virtualnode.io/member", member));
      federation.submit(pod);
    }
    federation.awaitPhase(name + "-a", "Running");
    federation.awaitPhase(name + "-b", "Running");
  }

  private static void submit(int number) {
    federation.submit(pod("p" + number, "1", Map.of(Simulation.RUN_FOR, "500ms")));
  }

  private static long succeeded() {
    var phases = proxies().stream().map(pod -> pod.getStatus().getPhase()).toList();
    assertThat(phases).doesNotContain("Failed");
    return phases.stream().filter("Succeeded"::equals).count();
  }

  private static List<Pod> proxies() {
    return federation.primary.client().pods().inNamespace(Federation.NAMESPACE).list().getItems();
  }

  // --- who leads

  private static List<Lease> leases() {
    return federation.primary.client().leases().inNamespace(Federation.NAMESPACE).list().getItems();
  }

  private static long replicas() {
    return leases().stream().filter(ReplicasIT::isOfReplica).count();
  }

  private static boolean isOfReplica(Lease lease) {
    return lease.getMetadata().getLabels() != null
        && lease.getMetadata().getLabels().containsKey("virtualnode.io/replica-of");
  }

  /** The names of the leases that somebody has. */
  private static Set<String> led() {
    return leases().stream()
        .filter(lease -> !isOfReplica(lease))
        .map(lease -> lease.getMetadata().getName())
        .filter(name -> !holder(name).isEmpty())
        .collect(Collectors.toSet());
  }

  private static String holder(String name) {
    var lease =
        federation.primary.client().leases().inNamespace(Federation.NAMESPACE).withName(name).get();
    var holder = lease == null ? null : lease.getSpec().getHolderIdentity();
    return holder == null ? "" : holder;
  }

  /** The processes that have these leases, as far as anybody has. */
  private Set<Process> leaders(String... leases) {
    return Stream.of(leases)
        .map(ReplicasIT::holder)
        .filter(holder -> !holder.isEmpty())
        .map(this::process)
        .collect(Collectors.toSet());
  }

  private static Predicate<String> other(String than) {
    return holder -> !holder.isEmpty() && !holder.equals(than);
  }

  private static void awaitHolder(String lease, Predicate<String> condition) {
    await("the holder of " + lease)
        .atMost(LEASE.plus(Federation.LIMIT))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> condition.test(holder(lease)));
  }

  /** By the log, where each process writes its identity. */
  private Process process(String identity) {
    return processes.all().stream()
        .filter(process -> processes.log(process).contains(identity))
        .findFirst()
        .orElseThrow();
  }

  private static void signal(Process process, String name)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  private Process vnode(String topology) throws IOException {
    var yaml = new StringBuilder();
    yaml.append("node: {name: vnode, topology: %s}%n".formatted(topology));
    yaml.append("primary: {kubeconfig: %s}%n".formatted(federation.primary.kubeconfig()));
    yaml.append("election: {namespace: default, leaseDuration: %ds".formatted(LEASE.toSeconds()));
    yaml.append(", renewDeadline: 3s, retryPeriod: 500ms}\n");
    yaml.append("members:\n");
    for (var member : List.of(federation.a, federation.b)) {
      yaml.append("- {name: %s, kubeconfig: %s}%n".formatted(member.name(), member.kubeconfig()));
    }
    return processes.run(Files.writeString(folder.resolve(topology + ".yaml"), yaml));
  }
}
