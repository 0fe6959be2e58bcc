package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.RoomHistory.Samples;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a history of real room and of what is said of it")
class RoomHistoryTest {

  private static final long MILLI = 1_000_000;

  private final RoomHistory history = new RoomHistory();

  @Test
  @DisplayName("has no lag while what is said is what is true")
  void no_lag() {
    note(0, cpu(8), cpu(8));

    assertThat(lag(500)).isZero();
    assertThat(age(500)).isZero();
  }

  @Test
  @DisplayName("has a lag since the truth was last what is said")
  void lag() {
    note(0, cpu(8), cpu(8));
    note(100, cpu(8), cpu(7));
    note(200, cpu(8), cpu(6));
    note(300, cpu(7), cpu(6));
    note(400, cpu(6), cpu(6));

    assertThat(lag(150)).isEqualTo(50);
    assertThat(lag(299)).isEqualTo(199);
    assertThat(lag(310)).as("7 was true until 200").isEqualTo(110);
    assertThat(lag(400)).isZero();
    assertThat(age(299)).isEqualTo(199);
    assertThat(age(310)).isEqualTo(110);
  }

  @Test
  @DisplayName("has a lag but no old offer where less is said than is true")
  void less() {
    note(0, cpu(6), cpu(6));
    note(100, cpu(6), cpu(8));

    assertThat(lag(150)).isEqualTo(50);
    assertThat(age(150)).isZero();
    assertThat(excess(150, 10)).isEqualTo(Space.NONE);
  }

  @Test
  @DisplayName("never matches what has not been true, of all resources at once")
  void never() {
    note(0, new Space(1, 2, 3, 4), new Space(1, 2, 3, 4));
    note(100, new Space(1, 2, 3, 4), new Space(9, 8, 7, 6));
    note(200, new Space(1, 8, 7, 6), new Space(9, 8, 7, 6));

    assertThat(lag(250)).isEqualTo(RoomHistory.NEVER.toMillis());
    assertThat(age(250)).as("nothing is offered that is not there").isZero();
  }

  @Test
  @DisplayName("judges each resource of an offer by itself")
  void each() {
    note(0, new Space(4, 4, 4, 4), new Space(4, 4, 4, 4));
    note(100, new Space(4, 4, 4, 4), new Space(3, 4, 4, 4));
    note(200, new Space(4, 4, 4, 4), new Space(9, 9, 9, 3));

    assertThat(age(250)).isEqualTo(50);
    assertThat(excess(250, 40)).isEqualTo(new Space(0, 0, 0, 1));
    assertThat(excess(250, 60)).isEqualTo(Space.NONE);
  }

  @Test
  @DisplayName("counts an offer of what there never was as older than anything")
  void more_than_ever() {
    note(0, cpu(8), cpu(8));
    note(100, cpu(9), cpu(8));

    assertThat(age(150)).isEqualTo(RoomHistory.NEVER.toMillis());
    assertThat(excess(150, 1000)).isEqualTo(new Space(1, 0, 0, 0));
  }

  @Test
  @DisplayName("notes changes only")
  void changes() {
    note(0, cpu(8), cpu(8));
    note(1, cpu(8), cpu(8));
    note(2, cpu(8), cpu(7));

    assertThat(history.changes()).isEqualTo(2);
    assertThat(history.around(0)).contains("    2 ms: said cpu=8m");
  }

  @Test
  @DisplayName("is summed up by percentiles, and by when it was worst")
  void samples() {
    var samples =
        Samples.of(0, 200 * MILLI, Duration.ofMillis(1), t -> t == 7 * MILLI ? 900 * MILLI : t);

    assertThat(samples.nanos()).hasSize(200);
    assertThat(samples.percentile(50)).isEqualTo(Duration.ofMillis(100));
    assertThat(samples.percentile(99)).isEqualTo(Duration.ofMillis(198));
    assertThat(samples.percentile(100)).isEqualTo(Duration.ofMillis(900));
    assertThat(samples.worstTime()).isEqualTo(7 * MILLI);
  }

  private void note(long millis, Space said, Space truth) {
    history.add(millis * MILLI, said, truth, Space.NONE);
  }

  private static Space cpu(long amount) {
    return new Space(amount, 0, 0, 0);
  }

  private long lag(long millis) {
    return history.lagAt(millis * MILLI) / MILLI;
  }

  private long age(long millis) {
    return history.offerAgeAt(millis * MILLI) / MILLI;
  }

  private Space excess(long millis, long window) {
    return history.excessAt(millis * MILLI, Duration.ofMillis(window));
  }
}
