package io.virtualnode.kubernetes.capacity;

import static io.virtualnode.kubernetes.capacity.Given.resources;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtualnode.kubernetes.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TallyTest {

  private static final List<String> NAMES = List.of("cpu", "gpu", "memory", "pods", "storage");

  @DisplayName("tally_is_the_sum_that_resources_add_up_to_whatever_they_name")
  @Test
  void likeResources() {
    Seeds.forEach(
        500,
        seed -> {
          var random = new Random(seed);
          var tally = new Tally();
          var bag = new Bag();
          var inBag = new ArrayList<Resources>();
          var expected = Resources.NONE;
          for (int i = 0; i < 30; i++) {
            var amount = anything(random);
            switch (random.nextInt(4)) {
              case 0 -> {
                tally.add(amount);
                expected = expected.plus(amount);
              }
              case 1 -> {
                tally.subtract(amount);
                expected = expected.minus(amount);
              }
              case 2 -> {
                bag.add(amount);
                inBag.add(amount);
              }
              default -> {
                if (!inBag.isEmpty()) {
                  bag.remove(inBag.remove(random.nextInt(inBag.size())));
                }
              }
            }
            assertThat(tally.toResources()).isEqualTo(expected);
            var sum = new Tally();
            bag.addTo(sum);
            var sumOfBag = inBag.stream().reduce(Resources.NONE, Resources::plus);
            assertThat(sum.toResources()).isEqualTo(sumOfBag);
            bag.subtractFrom(sum);
            assertThat(sum.toResources()).isEqualTo(Resources.NONE);
            assertThat(bag.count()).isEqualTo(inBag.size());
            assertThat(bag.isEmpty()).isEqualTo(inBag.isEmpty());
          }
        });
  }

  @DisplayName("tally_names_nothing_and_counts_from_nothing_after_a_reset")
  @Test
  void reset() {
    var tally = new Tally();
    tally.add(resources("cpu", "1", "gpu", "2"));
    tally.reset();
    assertThat(tally.toResources().names()).isEmpty();
    tally.add(resources("memory", "3"));
    assertThat(tally.toResources().names()).containsExactly("memory");
    assertThat(tally.toResources()).isEqualTo(resources("memory", "3"));
  }

  @DisplayName("what_a_tally_gave_out_stays_as_it_was")
  @Test
  void copies() {
    var tally = new Tally();
    var one = resources("cpu", "1");
    tally.add(one);
    var before = tally.toResources();
    tally.add(one);
    assertThat(before).isEqualTo(resources("cpu", "1"));
    assertThat(one).isEqualTo(resources("cpu", "1"));
  }

  @DisplayName("request_that_is_not_in_a_bag_cannot_be_taken_out")
  @Test
  void notThere() {
    var bag = new Bag();
    bag.add(resources("cpu", "1"));
    bag.remove(resources("cpu", "1"));
    assertThatThrownBy(() -> bag.remove(resources("cpu", "1")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no pod requests {cpu=1}");
  }

  @DisplayName("equal_requests_are_shared_and_so_are_the_names_of_others")
  @Test
  void interned() {
    var interned = new Interned();
    var first = interned.request(resources("cpu", "1", "memory", "2"));
    assertThat(interned.request(resources("cpu", "1", "memory", "2"))).isSameAs(first);
    var other = interned.request(resources("cpu", "2", "memory", "2"));
    assertThat(other).isEqualTo(resources("cpu", "2", "memory", "2"));
    assertThat(other.names).isSameAs(first.names);
    for (int i = 0; i < 10_000; i++) {
      assertThat(interned.request(resources("cpu", i + "m"))).isEqualTo(resources("cpu", i + "m"));
    }
  }

  private static Resources anything(Random random) {
    var amounts = new TreeMap<String, Long>();
    for (var name : NAMES) {
      if (random.nextInt(3) > 0) {
        amounts.put(name, (long) random.nextInt(9));
      }
    }
    return Resources.of(amounts);
  }
}
