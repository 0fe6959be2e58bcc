package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.Federation.eventually;
import static io.virtualnode.kubernetes.Federation.pod;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.kubernetes.Federation.Run;
import io.virtualnode.testkit.NodeShape;
import io.virtualnode.testkit.Simulation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Witnesses watch the primary and the members. That a state of a proxy came after the same state of
 * its delegate is told by its contents, not by when two watches happened to deliver: a status that
 * names the delegate's container IDs and times cannot have been written before the delegate's.
 */
@DisplayName("what a proxy shows")
class TruthIT {

  private static final int PODS = 100;

  private static Federation federation;

  @BeforeAll
  static void start() {
    federation = Federation.start(NodeShape.cores(8), NodeShape.cores(8));
  }

  @AfterAll
  static void stop() {
    federation.close();
  }

  @AfterEach
  void clear() {
    federation.clear();
    assertThat(federation.node().drift()).isZero();
  }

  @Test
  @DisplayName("is what its delegate showed before, and no run of a delegate is left out")
  void is_what_its_delegate_showed() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    try (var primary = new Witness(federation.primary.client());
        var a = new Witness(federation.a.client());
        var b = new Witness(federation.b.client())) {
      for (int i = 0; i < PODS; i++) {
        federation.submit(pod("p" + i, "100m", life(random)));
      }
      eventually(
          "all have ended",
          () ->
              proxies(primary).size() == PODS
                  && proxies(primary).stream().allMatch(states -> isOver(last(states))));
      eventually(
          "the members' witnesses have seen the ends as well",
          () -> delegates(a, b).values().stream().allMatch(states -> isOver(last(states))));

      var delegates = delegates(a, b);
      assertThat(delegates).hasSize(PODS);
      for (var proxy : proxies(primary)) {
        var uid = last(proxy).getMetadata().getUid();
        assertThat(delegates).as("delegate of %s", name(proxy)).containsKey(uid);
        var delegate = requireNonNull(delegates.get(uid));
        shows_only_what_was(proxy, delegate);
        shows_the_run(proxy, delegate);
        Federation.assertSameRun(last(proxy).getStatus(), end(delegate).getStatus());
      }
    }
  }

  /** Every state that claims a run is one that the delegate had. */
  private static void shows_only_what_was(List<Pod> proxy, List<Pod> delegate) {
    var had = delegate.stream().map(state -> Run.of(state.getStatus())).toList();
    for (var state : proxy) {
      if (claimsARun(state)) {
        assertThat(Run.of(state.getStatus())).as("a state of %s", name(proxy)).isIn(had);
      }
    }
    endsOnce(proxy);
  }

  private static void endsOnce(List<Pod> states) {
    boolean over = false;
    for (var state : states) {
      assertThat(over && !isOver(state)).as("%s goes on after its end", name(states)).isFalse();
      over |= isOver(state);
    }
  }

  /** A delegate that ran was seen running. */
  private static void shows_the_run(List<Pod> proxy, List<Pod> delegate) {
    if (delegate.stream().anyMatch(TruthIT::isRunning)) {
      assertThat(proxy).as("states of %s", name(proxy)).anyMatch(TruthIT::isRunning);
    }
  }

  private static Map<String, String> life(Random random) {
    var life = new HashMap<String, String>();
    life.put(Simulation.RUN_FOR, 100 + random.nextInt(400) + "ms");
    if (random.nextBoolean()) {
      life.put(Simulation.START_DELAY, random.nextInt(500) + "ms");
    }
    if (random.nextInt(4) == 0) {
      life.put(Simulation.EXIT_CODE, String.valueOf(1 + random.nextInt(254)));
    }
    return life;
  }

  private static boolean claimsARun(Pod state) {
    var status = state.getStatus();
    return !"Pending".equals(status.getPhase())
        || status.getStartTime() != null
        || !status.getContainerStatuses().isEmpty()
        || status.getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  private static boolean isRunning(Pod state) {
    return "Running".equals(state.getStatus().getPhase());
  }

  private static boolean isOver(Pod state) {
    return List.of("Succeeded", "Failed").contains(state.getStatus().getPhase());
  }

  private static List<List<Pod>> proxies(Witness primary) {
    return primary.histories();
  }

  /** The histories of the delegates by their proxies' UIDs; a second delegate is an error. */
  private static Map<String, List<Pod>> delegates(Witness... members) {
    var result = new HashMap<String, List<Pod>>();
    Stream.of(members)
        .flatMap(member -> member.histories().stream())
        .forEach(
            states -> {
              var proxy = last(states).getMetadata().getLabels().get("virtualnode.io/proxy-uid");
              assertThat(result.put(proxy, states)).as("another delegate of %s", proxy).isNull();
            });
    return result;
  }

  /** The first end: kwok may write one twice, at another time, where a kubelet never does. */
  private static Pod end(List<Pod> states) {
    return states.stream().filter(TruthIT::isOver).findFirst().orElseThrow();
  }

  private static Pod last(List<Pod> states) {
    return states.get(states.size() - 1);
  }

  private static String name(List<Pod> states) {
    return last(states).getMetadata().getName();
  }
}
