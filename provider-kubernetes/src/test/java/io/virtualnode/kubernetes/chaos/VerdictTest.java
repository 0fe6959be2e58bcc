package io.virtualnode.kubernetes.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.virtualnode.testkit.Simulation;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Histories that are as they have to be, and each broken in one way. */
@DisplayName("the outside observer")
class VerdictTest {

  private static final String AT = "2026-11-24T10:00:00Z";

  private final ContainerStarts starts = new ContainerStarts();
  private final ProxyLives lives = new ProxyLives();

  @Test
  @DisplayName("finds nothing in a life that was told as it was")
  void clean() {
    lives.seen(proxy("p", 3, "Pending", null));
    starts.seen("a", delegate("d", "p", "Pending", null));
    starts.seen("a", delegate("d", "p", "Running", running()));
    lives.seen(proxy("p", 3, "Running", running()));
    starts.seen("a", delegate("d", "p", "Failed", ended(3)));
    lives.seen(proxy("p", 3, "Failed", ended(3)));
    assertThat(verdict(delegate("d", "p", "Failed", ended(3))).isClean()).isTrue();
    lives.deleting("p");
    lives.gone(proxy("p", 3, "Failed", ended(3)));
    assertThat(verdict().isClean()).isTrue();
    assertThat(verdict().unseen()).isZero();
    assertThat(verdict().counts())
        .isEqualTo("1 proxies, 1 delegates, 1 of them started; ends {Failed[3]=1}");
  }

  @Test
  @DisplayName("finds a proxy whose containers started in two members, though one is long gone")
  void startedTwice() {
    starts.seen("a", delegate("d0", "p", "Running", running()));
    starts.seen("a", delegate("d0", "p", "Pending", null)); // whatever it shows later
    starts.seen("b", delegate("d1", "p", "Succeeded", ended(0)));
    starts.seen("b", delegate("other", "q", "Succeeded", ended(0)));
    lives.seen(proxy("p", 0, "Succeeded", ended(0)));
    lives.seen(proxy("q", 0, "Succeeded", ended(0)));
    assertThat(verdict().startedTwice()).singleElement().asString().contains("a/d0", "b/d1");
  }

  @Test
  @DisplayName("knows that one started that was first seen when it had ended")
  void startedUnseen() {
    starts.seen("a", delegate("d0", "p", "Failed", ended(1)));
    starts.seen("b", delegate("d1", "p", "Failed", ended(1)));
    assertThat(verdict().startedTwice()).hasSize(1);
  }

  @Test
  @DisplayName("does not take for a start what was deleted before one")
  void notStarted() {
    var never =
        new ContainerStateBuilder()
            .withNewTerminated()
            .withExitCode(137)
            .withReason("ContainerStatusUnknown")
            .endTerminated()
            .build();
    starts.seen("a", delegate("d0", "p", "Failed", never));
    starts.seen("b", delegate("d1", "p", "Succeeded", ended(0)));
    lives.seen(proxy("p", 0, "Succeeded", ended(0)));
    assertThat(verdict().isClean()).isTrue();
    assertThat(starts.started().get("p")).hasSize(1);
  }

  @Test
  @DisplayName("finds a proxy that never ended")
  void neverEnded() {
    lives.seen(proxy("p", 0, "Pending", null));
    assertThat(verdict().lost()).hasSize(1);
  }

  @Test
  @DisplayName("finds a proxy that went though nobody asked for it")
  void vanished() {
    lives.gone(proxy("p", 0, "Running", running()));
    lives.deleting("p"); // too late to have been the cause
    assertThat(verdict().lost()).hasSize(1);
  }

  @Test
  @DisplayName("finds another exit code than the delegate's")
  void wrongCode() {
    starts.seen("a", delegate("d", "p", "Failed", ended(3)));
    lives.seen(proxy("p", 3, "Failed", ended(1)));
    assertThat(verdict().wrongEnds()).hasSize(1);
  }

  @Test
  @DisplayName(
      "finds a proxy that was given up though its delegate never ran and nobody deleted it")
  void givenUp() {
    starts.seen("a", delegate("d", "p", "Pending", null));
    lives.seen(proxy("p", 0, "Failed", null));
    assertThat(verdict().neverRan()).hasSize(1);
    assertThat(verdict().isClean()).isFalse();
    lives.disturbing("p");
    assertThat(verdict().isClean()).isTrue();
  }

  @Test
  @DisplayName("finds a success that was none, also where the delegate was removed by others")
  void inventedSuccess() {
    starts.seen("a", delegate("d", "p", "Failed", ended(143)));
    lives.disturbing("p");
    lives.seen(proxy("p", 0, "Succeeded", ended(0)));
    assertThat(verdict().wrongEnds()).hasSize(1);
  }

  @Test
  @DisplayName("finds an end of what never ran")
  void inventedEnd() {
    lives.seen(proxy("p", 0, "Succeeded", ended(0)));
    assertThat(verdict().wrongEnds()).hasSize(1);
  }

  @Test
  @DisplayName("wants to know the end, unless somebody has removed the delegate")
  void unknownEnd() {
    starts.seen("a", delegate("d", "p", "Running", running()));
    lives.seen(proxy("p", 0, "Failed", running()));
    assertThat(verdict().wrongEnds()).hasSize(1);
    lives.disturbing("p");
    assertThat(verdict().wrongEnds()).isEmpty();
    assertThat(verdict().unseen()).isEqualTo(1);
  }

  @Test
  @DisplayName("goes by what the simulation was told where the delegate's end was not seen")
  void unseenEnd() {
    starts.seen("a", delegate("d", "p", "Running", running()));
    lives.seen(proxy("p", 3, "Failed", ended(3)));
    assertThat(verdict().isClean()).isTrue();
    assertThat(verdict().unseen()).isEqualTo(1);
    lives.seen(proxy("p", 0, "Failed", ended(3)));
    assertThat(verdict().wrongEnds()).hasSize(1);
  }

  @Test
  @DisplayName("finds a delegate whose proxy is gone")
  void orphan() {
    starts.seen("a", delegate("d", "p", "Running", running()));
    lives.seen(proxy("p", 0, "Running", running()));
    lives.deleting("p");
    assertThat(verdict(delegate("d", "p", "Running", running())).orphans()).isEmpty();
    lives.gone(proxy("p", 0, "Running", running()));
    assertThat(verdict(delegate("d", "p", "Running", running())).orphans()).hasSize(1);
    assertThat(verdict().isClean()).isTrue();
  }

  private Verdict verdict(Pod... inMembers) {
    return Verdict.of(lives.all(), starts, List.of(inMembers));
  }

  private static ContainerState running() {
    return new ContainerStateBuilder().withNewRunning().withStartedAt(AT).endRunning().build();
  }

  private static ContainerState ended(int exitCode) {
    return new ContainerStateBuilder()
        .withNewTerminated()
        .withExitCode(exitCode)
        .withStartedAt(AT)
        .endTerminated()
        .build();
  }

  private static Pod proxy(String name, int told, String phase, @Nullable ContainerState state) {
    return pod(name, phase, state)
        .editMetadata()
        .addToAnnotations(Simulation.EXIT_CODE, String.valueOf(told))
        .endMetadata()
        .build();
  }

  private static Pod delegate(
      String name, String proxy, String phase, @Nullable ContainerState state) {
    return pod(name, phase, state)
        .editMetadata()
        .addToLabels(Map.of("virtualnode.io/proxy-uid", proxy))
        .endMetadata()
        .build();
  }

  /** Its UID is its name. */
  private static PodBuilder pod(String name, String phase, @Nullable ContainerState state) {
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName(name)
            .withUid(name)
            .endMetadata()
            .withNewStatus()
            .withPhase(phase)
            .endStatus();
    return state == null
        ? pod
        : pod.editStatus()
            .addNewContainerStatus()
            .withName("main")
            .withState(state)
            .endContainerStatus()
            .endStatus();
  }
}
