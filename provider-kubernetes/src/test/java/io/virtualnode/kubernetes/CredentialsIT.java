package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.kubernetes.Rotation.Kind;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A process of {@code vnode run} that is never restarted while how it reaches a cluster changes.
 * Nothing of it is told: it has to notice.
 */
@SuppressWarnings("NullAway.Init") // set before each test
@DisplayName("access that changes while vnode runs")
class CredentialsIT {

  private static Federation federation;

  @TempDir private Path folder;
  private VnodeProcesses processes;
  private Process process;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(4), NodeShape.cores(2).withLabel("site", "b"));
    federation.stopNode(); // the process takes its place
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
    federation.clear();
  }

  @ParameterizedTest(name = "a member: {0}")
  @EnumSource
  void of_a_member(Kind kind) {
    try (var rotation = Rotation.of(kind, federation.b, federation.a, folder)) {
      run(federation.primary.kubeconfig(), rotation.kubeconfig());
      goesOn(rotation, true, "the member's " + kind);
    }
  }

  @ParameterizedTest(name = "the primary: {0}")
  @EnumSource
  void of_the_primary(Kind kind) {
    try (var rotation = Rotation.of(kind, federation.primary, federation.a, folder)) {
      run(rotation.kubeconfig(), federation.b.kubeconfig());
      goesOn(rotation, true, "the primary's " + kind);
    }
  }

  @Test
  @DisplayName("the primary: the files of a service account in a pod")
  void of_a_service_account() {
    try (var rotation = Rotation.of(Kind.TOKEN_FILE, federation.primary, federation.a, folder)) {
      var server = URI.create(federation.primary.url());
      run(
          Optional.empty(),
          federation.b.kubeconfig(),
          "-Dkubernetes.auth.tryKubeConfig=false",
          "-DKUBERNETES_SERVICE_HOST=" + server.getHost(),
          "-DKUBERNETES_SERVICE_PORT=" + server.getPort(),
          "-Dkubernetes.certs.ca.file=" + federation.primary.caCertificate(),
          "-Dkubernetes.auth.serviceAccount.token=" + folder.resolve("token"));
      goesOn(rotation, true, "the primary's service account");
    }
  }

  @Test
  @DisplayName("the primary: another cluster under the address ends the process")
  void another_primary() throws InterruptedException {
    var kubeconfig = folder.resolve("kubeconfig");
    Rotation.write(kubeconfig, Rotation.read(federation.primary.kubeconfig()));
    run(kubeconfig, federation.b.kubeconfig());
    submitToB("runs", Map.of());
    federation.awaitPhase("runs", "Running");
    var delegate = federation.delegate("runs").getMetadata().getUid();
    Rotation.write(kubeconfig, Rotation.read(federation.a.kubeconfig()));

    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(log())
        .contains("leads to another cluster", "than the primary that all pods belong to");
    assertThat(federation.delegate("runs").getMetadata().getUid()).isEqualTo(delegate);
    assertThat(federation.proxy("runs").getStatus().getPhase()).isEqualTo("Running");
    assertThat(federation.a.client().nodes().withName(Federation.NODE).get()).isNull();
  }

  @Test
  @DisplayName("the primary: an address that comes when the one before is dead already")
  void of_a_primary_that_is_gone() {
    try (var rotation = Rotation.of(Kind.ADDRESS, federation.primary, federation.a, folder)) {
      run(rotation.kubeconfig(), federation.b.kubeconfig());
      goesOn(rotation, false, "the primary's dead address");
    }
  }

  private void goesOn(Rotation rotation, boolean overlap, String what) {
    submitToB("runs", Map.of());
    federation.awaitPhase("runs", "Running");
    federation.awaitTruth("the start");
    try (var steadiness = new Steadiness(federation, "runs")) {
      var known = log().length();
      if (!overlap) {
        rotation.revoke();
      }
      rotation.change();
      long start = System.nanoTime();
      eventually("the new is used", () -> log().substring(known).contains(rotation.noticed()));
      System.out.printf("%s: used after %d ms%n", what, millisSince(start));
      if (overlap) {
        rotation.revoke();
      }
      federation.awaitTruth(what + " changed");
      steadiness.awaitLooks();
      System.out.printf(
          "%s: room not offered for %d ms%n", what, steadiness.offerMayChange().toMillis());
      long submitted = System.nanoTime();
      submitToB("later", Map.of(Simulation.RUN_FOR, "500ms"));
      federation.awaitPhase("later", "Succeeded");
      System.out.printf("%s: a pod came and ended in %d ms%n", what, millisSince(submitted));
      Federation.assertSameRun(
          federation.proxy("later").getStatus(), federation.delegate("later").getStatus());
      federation.awaitTruth("a pod has come and gone");
      steadiness.assertSteady();
    } catch (AssertionError | ConditionTimeoutException e) {
      System.out.println(log());
      throw e;
    }
    assertThat(process.isAlive()).isTrue();
    federation.primary.client().pods().inNamespace("default").withName("runs").delete();
    eventually("its proxy has gone", () -> federation.proxy("runs") == null);
    assertThat(Federation.delegatesIn(federation.b.client()))
        .noneMatch(pod -> pod.getMetadata().getName().startsWith("runs"));
  }

  private static long millisSince(long start) {
    return Duration.ofNanos(System.nanoTime() - start).toMillis();
  }

  private static void submitToB(String name, Map<String, String> life) {
    Pod pod = pod(name, "1", life);
    pod.getSpec().setNodeSelector(Map.of("site", "b"));
    pod.getSpec().setNodeName(Federation.NODE);
    federation.submit(pod);
  }

  private void run(Path primary, Path memberB) {
    run(Optional.of(primary), memberB);
  }

  private void run(Optional<Path> primary, Path memberB, String... options) {
    var yaml = new StringBuilder("node: {name: " + Federation.NODE + "}\n");
    primary.ifPresent(file -> yaml.append("primary: {kubeconfig: ").append(file).append("}\n"));
    yaml.append("members:\n");
    yaml.append("- {name: a, kubeconfig: ").append(federation.a.kubeconfig()).append("}\n");
    yaml.append("- {name: b, kubeconfig: ").append(memberB).append("}\n");
    try {
      process =
          processes.run(
              Files.writeString(folder.resolve("vnode.yaml"), yaml), List.of(options), Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    federation.awaitTruth("the process was started");
  }

  private String log() {
    return processes.log(process);
  }
}
