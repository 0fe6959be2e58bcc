package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ApportionmentTest {

  private static final Share A = Share.of("a");
  private static final Share B = Share.of("b");
  private static final Share C = Share.of("c");

  @Test
  void one_process_stands_for_all() {
    assertThat(Apportionment.of(Set.of(A, B), Map.of(), 1))
        .isEqualTo(new Apportionment(Set.of(A, B), Set.of(), true));
  }

  @Test
  void it_stays_willing_until_it_has_all() {
    assertThat(Apportionment.of(Set.of(A, B, C), Map.of(A, true, B, false), 1))
        .isEqualTo(new Apportionment(Set.of(C), Set.of(), true));
    assertThat(Apportionment.of(Set.of(A, B), Map.of(A, true, B, true), 1))
        .isEqualTo(new Apportionment(Set.of(), Set.of(), false));
  }

  @Test
  void who_has_its_part_looks_on_so_that_the_other_gets_the_rest() {
    assertThat(Apportionment.of(Set.of(A, B), Map.of(A, true), 2))
        .isEqualTo(new Apportionment(Set.of(B), Set.of(), false));
  }

  @Test
  void who_has_more_than_its_part_gives_up_one_at_a_time() {
    assertThat(Apportionment.of(Set.of(A, B, C), Map.of(A, true, B, true, C, true), 3))
        .isEqualTo(new Apportionment(Set.of(), Set.of(C), false));
  }

  @Test
  void all_stand_by_where_there_is_one_share() {
    assertThat(Apportionment.of(Set.of(A), Map.of(), 3))
        .isEqualTo(new Apportionment(Set.of(A), Set.of(), true));
    assertThat(Apportionment.of(Set.of(A), Map.of(A, false), 3))
        .isEqualTo(new Apportionment(Set.of(), Set.of(), true));
  }

  @Test
  void what_is_no_share_any_more_is_left_and_does_not_count() {
    assertThat(Apportionment.of(Set.of(A), Map.of(B, true, C, false), 1))
        .isEqualTo(new Apportionment(Set.of(A), Set.of(B, C), true));
  }

  @Test
  void processes_that_come_and_go_come_to_have_an_even_part_each_and_every_share_is_led() {
    Seeds.forEach(500, ApportionmentTest::live);
  }

  private static void live(long seed) {
    var random = new Random(seed);
    var shares =
        IntStream.range(0, 1 + random.nextInt(12))
            .mapToObj(i -> Share.of("m" + i))
            .collect(Collectors.toSet());
    var processes = new ArrayList<Map<Share, Boolean>>();
    for (int change = 0; change < 4; change++) {
      if (!processes.isEmpty() && random.nextInt(3) == 0) {
        processes.remove(random.nextInt(processes.size()));
      } else {
        processes.add(new HashMap<>());
      }
      settle(shares, processes, random);
      assertEven(shares, processes);
    }
  }

  private static void settle(
      Set<Share> shares, List<Map<Share, Boolean>> processes, Random random) {
    for (int turn = 0; turn < 40; turn++) {
      var willing = new ArrayList<Map<Share, Boolean>>();
      for (var standings : processes) {
        var next = Apportionment.of(shares, Map.copyOf(standings), processes.size());
        next.leave().forEach(standings::remove);
        next.stand().forEach(share -> standings.put(share, false));
        if (next.willing()) {
          willing.add(standings);
        }
      }
      for (var share : shares) { // somebody who is willing gets what nobody has
        var ready = willing.stream().filter(p -> p.containsKey(share)).toList();
        if (!ready.isEmpty() && processes.stream().noneMatch(p -> p.getOrDefault(share, false))) {
          ready.get(random.nextInt(ready.size())).put(share, true);
        }
      }
    }
  }

  private static void assertEven(Set<Share> shares, List<Map<Share, Boolean>> processes) {
    if (processes.isEmpty()) {
      return;
    }
    int part = (int) Math.ceil((double) shares.size() / processes.size());
    var led =
        processes.stream().map(p -> p.values().stream().filter(leads -> leads).count()).toList();
    assertThat(led).allSatisfy(n -> assertThat(n).isLessThanOrEqualTo(part));
    assertThat(led.stream().mapToLong(n -> n).sum()).isEqualTo(shares.size());
  }
}
