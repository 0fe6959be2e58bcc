package io.virtualnode.examples.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class TableTest {

  @Test
  void table_shows_node_pods_members_and_the_check() {
    assertThat(Table.lines(snapshot(true, 0)))
        .containsExactly(
            "elapsed      1:05",
            "node vnode   capacity 40.0  allocatable 40.0  bound 36.9  left 3.1 cores",
            "proxy pods   pending 33  running 7  done 20",
            "site-a         7.2 of 8.0   [###########################...] running 1",
            "site-b         0.0 of 12.0  [..............................] running 6",
            "check        primary 7 running = 7 members, made 120 times, holds");
  }

  @Test
  void line_says_the_same_when_there_is_no_terminal() {
    assertThat(Table.line(snapshot(true, 0)))
        .isEqualTo(
            "1:05  node 40.0/40.0 cores  pods 33 pending 7 running 20 done"
                + "  site-a 7.2/8.0  site-b 0.0/12.0  check 7 running = 7 holds");
  }

  @Test
  void check_settles_while_the_sides_differ_and_stays_broken_once_it_was() {
    assertThat(Table.line(snapshot(false, 0))).endsWith("7 running ~ 7 settles");
    assertThat(Table.line(snapshot(true, 1))).endsWith("7 running = 7 BROKEN");
  }

  @Test
  void lines_fit_a_terminal_when_numbers_are_large() {
    var row = new Snapshot.MemberRow("site-a", 99_999_900, 99_999_900, 5000);
    var large =
        new Snapshot(
            Duration.ofHours(9),
            999_999_900,
            999_999_900,
            999_999_900,
            0,
            5000,
            5000,
            5000,
            5000,
            List.of(row),
            9_999_999,
            false,
            1);

    assertThat(Table.lines(large)).allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
  }

  private static Snapshot snapshot(boolean agree, int breaches) {
    return new Snapshot(
        Duration.ofSeconds(65),
        40_000,
        40_000,
        36_900,
        3,
        30,
        7,
        20,
        0,
        List.of(
            new Snapshot.MemberRow("site-a", 7200, 8000, 1),
            new Snapshot.MemberRow("site-b", 0, 12_000, 6)),
        120,
        agree,
        breaches);
  }
}
