package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.virtualnode.api.PodKey;
import java.time.Duration;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class EventsTest {

  private final VirtualTimer timer = new VirtualTimer();
  private final FakePrimary primary = new FakePrimary(timer);
  private final Counters counters = new Counters();
  private final Events events = new Events(primary, "v", timer, counters);
  private final PodKey pod = new PodKey("ns", "a", "u");

  @Test
  void event_names_the_pod_and_the_node() {
    say("FailedX", "because");
    pass();
    Event event = primary.events.get(0);
    assertThat(event.getMetadata().getNamespace()).isEqualTo("ns");
    assertThat(event.getInvolvedObject().getUid()).isEqualTo("u");
    assertThat(event.getType()).isEqualTo("Warning");
    assertThat(event.getReason()).isEqualTo("FailedX");
    assertThat(event.getMessage()).isEqualTo("because");
    assertThat(event.getSource().getHost()).isEqualTo("v");
    assertThat(event.getFirstTimestamp()).isNotNull();
  }

  @Test
  void same_words_about_the_same_pod_are_written_once() {
    say("A", "x");
    say("A", "x");
    pass();
    say("A", "x");
    say("A", "y");
    events.publish(new PodKey("ns", "b", "u2"), true, "A", "x");
    pass();
    assertThat(primary.events).hasSize(3);
    assertThat(counters.eventsWritten.sum()).isEqualTo(3);
  }

  @Test
  void words_can_be_said_again_when_they_did_not_get_through() {
    primary.refuse("POST event", 500);
    say("A", "x");
    pass();
    assertThat(primary.events).isEmpty();
    assertThat(counters.eventsDropped.sum()).isEqualTo(1);
    say("A", "x");
    pass();
    assertThat(primary.events).hasSize(1);
  }

  @Test
  void words_can_be_said_again_when_there_was_no_room_for_them() {
    for (int i = 0; i < 1002; i++) {
      say("A", "message " + i);
    }
    assertThat(counters.eventsDropped.sum()).isEqualTo(1);
    timer.pass(Duration.ofSeconds(5));
    assertThat(primary.events).hasSize(1001);
    say("A", "message 1001");
    pass();
    assertThat(primary.events).hasSize(1002);
  }

  @Test
  void one_request_is_made_at_a_time_in_the_order_of_the_words() {
    say("A", "x");
    say("B", "y");
    assertThat(primary.count("POST event")).isEqualTo(1);
    pass();
    assertThat(primary.events).extracting(Event::getReason).containsExactly("A", "B");
  }

  @Test
  void long_words_are_cut_to_what_the_primary_takes() {
    events.publish(new PodKey("ns", "n".repeat(253), "u"), false, "A", "m".repeat(2000));
    pass();
    assertThat(primary.events.get(0).getMessage()).hasSize(1024).endsWith("…");
    assertThat(primary.events.get(0).getMetadata().getGenerateName()).hasSize(201);
    assertThat(primary.events.get(0).getType()).isEqualTo("Normal");
  }

  private void say(String reason, String message) {
    events.publish(pod, true, reason, message);
  }

  private void pass() {
    timer.pass(Duration.ofMillis(20));
  }
}
