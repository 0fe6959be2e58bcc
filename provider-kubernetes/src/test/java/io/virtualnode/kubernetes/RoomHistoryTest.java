package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.kubernetes.RoomHistory.Said;
import io.virtualnode.kubernetes.TrueRoom.Nodes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Members a and b have so many cores each; a node says how many there are, in sum. */
@DisplayName("a history of real room and of what is said of it")
class RoomHistoryTest {

  private static final long MILLI = 1_000_000;
  private static final long NEVER = RoomHistory.NEVER.toMillis();

  private final RoomHistory history = new RoomHistory();

  @Test
  @DisplayName("has no lag while what is said is what is true")
  void no_lag() {
    note(0, 8, room(4, 4));

    assertThat(lag(500)).isZero();
    assertThat(age(500)).isZero();
    assertThat(history.excess(0)).isEqualTo(Space.NONE);
  }

  @Test
  @DisplayName("has a lag since the truth was last what is said")
  void lag() {
    note(0, 8, room(4, 4));
    note(1000, 8, room(3, 4));
    note(1200, 8, room(2, 4));
    note(1300, 7, room(2, 4));
    note(1400, 6, room(2, 4));

    assertThat(lag(1150)).isEqualTo(150);
    assertThat(lag(1299)).isEqualTo(299);
    assertThat(lag(1310)).as("7 was true until 1200").isEqualTo(110);
    assertThat(lag(1400)).isZero();
    assertThat(age(1299)).isEqualTo(299);
    assertThat(age(1310)).isEqualTo(110);
    assertThat(history.excess(0)).isEqualTo(cores(2));
    assertThat(history.excess(1300 * MILLI)).isEqualTo(cores(1));
  }

  @Test
  @DisplayName("has a lag but no old offer where less is said than is true")
  void less() {
    note(0, 6, room(2, 4));
    note(100, 6, room(4, 4));

    assertThat(lag(150)).isEqualTo(50);
    assertThat(age(150)).isZero();
    assertThat(history.excess(0)).isEqualTo(Space.NONE);
  }

  @Test
  @DisplayName("finds what has never been true as late as can be")
  void never() {
    note(0, 8, room(4, 4));
    note(100, 7, room(4, 4));
    note(200, 9, room(4, 4));

    assertThat(lag(150)).isEqualTo(NEVER);
    assertThat(age(150)).as("nothing is offered that is not there").isZero();
    assertThat(lag(250)).isEqualTo(NEVER);
    assertThat(age(250)).isEqualTo(NEVER);
    assertThat(history.excess(0)).isEqualTo(cores(1));
  }

  @Test
  @DisplayName("knows no state that has not been for too long")
  void too_long_ago() {
    note(0, 8, room(4, 4));
    note(1000, 8, room(3, 4));

    assertThat(lag(1000 + NEVER - 1)).isEqualTo(NEVER - 1);
    assertThat(lag(1000 + 2 * NEVER)).isEqualTo(NEVER);
  }

  @Test
  @DisplayName("takes two changes in two clusters, a moment apart, in either order")
  void other_order() {
    note(0, 8, room(4, 4));
    note(1000, 8, room(3, 4));
    note(1050, 8, room(3, 6));
    note(1060, 10, room(3, 6));

    assertThat(lag(1080)).as("the first change is missing").isEqualTo(80);
    assertThat(age(1080)).isEqualTo(80);
  }

  @Test
  @DisplayName("takes no two changes of one cluster in another order, nor such that are far apart")
  void no_other_order() {
    note(0, 8, room(4, 4));
    note(1000, 8, room(3, 4));
    note(1050, 8, room(5, 4));
    note(1060, 10, room(5, 4));
    assertThat(lag(1080)).isEqualTo(NEVER);
    assertThat(age(1080)).isEqualTo(NEVER);

    note(2000, 9, room(5, 4));
    note(3000, 9, room(4, 4));
    note(3300, 9, room(4, 6));
    note(3310, 11, room(4, 6));
    assertThat(lag(3350)).isEqualTo(NEVER);
    assertThat(age(3350)).isEqualTo(NEVER);
  }

  @Test
  @DisplayName(
      "has no lag where the witness hears of the cause after the effect, but not long after")
  void effect_first() {
    note(0, 8, room(4, 4));
    note(1000, 9, room(4, 4));
    note(1200, 9, room(4, 5));
    note(2000, 10, room(4, 5));
    note(2300, 10, room(4, 6));

    assertThat(lag(1100)).isZero();
    assertThat(age(1100)).isZero();
    assertThat(lag(2100)).isEqualTo(NEVER);
    assertThat(age(2100)).isEqualTo(NEVER);
  }

  @Test
  @DisplayName("allows nothing of a member that is said to be silent, and asks for nothing of it")
  void silent() {
    note(0, 8, room(4, 4));
    history.add(1000 * MILLI, said(cores(4), "b"), room(4, 4));
    history.add(2000 * MILLI, said(cores(8), "b"), room(4, 4));
    note(3000, 4, room(4, 4));
    note(4000, 8, room(4, 4));

    assertThat(lag(1500)).as("the room of a alone").isZero();
    assertThat(age(1500)).isZero();
    assertThat(lag(2500)).as("the room of b as well").isEqualTo(NEVER);
    assertThat(age(2500)).isEqualTo(NEVER);
    assertThat(lag(3500)).as("b is not silent").isEqualTo(NEVER);
    assertThat(history.silences(0, 5000 * MILLI, Duration.ofMillis(100))).isEqualTo(20);
    assertThat(history.excess(0)).isEqualTo(Space.NONE);
    assertThat(history.around(1000 * MILLI)).contains("silent=[b]");
  }

  @Test
  @DisplayName("is as old as the oldest of its resources, and late for the least of them")
  void each_resource() {
    history.add(0, said(new Space(4000, 0, 0, 4)), nodes(4000, 4));
    history.add(100 * MILLI, said(new Space(4000, 0, 0, 4)), nodes(4000, 3));
    history.add(200 * MILLI, said(new Space(4000, 0, 0, 4)), nodes(9000, 3));

    assertThat(age(250)).isEqualTo(150);
    assertThat(lag(250)).isEqualTo(150);
  }

  @Test
  @DisplayName("counts changes of the truth and shows them to people")
  void changes() {
    note(0, 8, room(4, 4));
    note(1, 8, room(4, 4));
    note(2, 7, room(4, 4));
    note(3, 7, room(3, 4));

    assertThat(history.changes()).isEqualTo(1);
    assertThat(history.around(0)).contains("    3 ms: said cpu=7000m").doesNotContain(" 1 ms");
  }

  @Test
  @DisplayName("is summed up by percentiles, and by when it was worst")
  void samples() {
    var nanos = IntStream.range(0, 200).mapToObj(i -> i == 7 ? 900 * MILLI : i * MILLI).toList();
    var samples = new Samples(IntStream.range(0, 200).mapToObj(i -> (long) i).toList(), nanos);

    assertThat(samples.percentile(50)).isEqualTo(Duration.ofMillis(100));
    assertThat(samples.percentile(99)).isEqualTo(Duration.ofMillis(198));
    assertThat(samples.greatest()).isEqualTo(Duration.ofMillis(900));
    assertThat(samples.timeOfGreatest()).isEqualTo(7);
    assertThat(samples.count(Duration.ofMillis(900))).isEqualTo(1);
    assertThat(samples).hasToString("p50 100 ms, p99 198 ms, max 900 ms");
  }

  private void note(long millis, int saidCores, TrueRoom room) {
    history.add(millis * MILLI, said(cores(saidCores)), room);
  }

  private static Said said(Space allocatable, String... silent) {
    return new Said(allocatable, Set.of(silent));
  }

  private static Space cores(int cores) {
    return new Space(cores * 1000L, 0, 0, 0);
  }

  private static TrueRoom room(int coresOfA, int coresOfB) {
    return new TrueRoom(List.of(nodes("a", coresOfA * 1000, 0), nodes("b", coresOfB * 1000, 0)));
  }

  private static TrueRoom nodes(int cpuMillis, int pods) {
    return new TrueRoom(List.of(nodes("a", cpuMillis, pods)));
  }

  private static Nodes nodes(String member, int cpuMillis, int pods) {
    return Nodes.of(member)
        .with(
            new NodeBuilder()
                .withNewMetadata()
                .withName("n")
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .withNewStatus()
                .withAllocatable(
                    Map.of(
                        "cpu", new Quantity(cpuMillis + "m"),
                        "pods", new Quantity(String.valueOf(pods))))
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build());
  }

  private long lag(long millis) {
    return at(
        millis,
        history.lag(millis * MILLI, (millis + 1) * MILLI, Duration.ofMillis(1), RoomHistory.SKEW));
  }

  private long age(long millis) {
    return at(
        millis,
        history.offerAge(
            millis * MILLI, (millis + 1) * MILLI, Duration.ofMillis(1), RoomHistory.SKEW));
  }

  private static long at(long millis, Samples samples) {
    assertThat(samples.times()).containsExactly(millis * MILLI);
    return samples.greatest().toMillis();
  }
}
