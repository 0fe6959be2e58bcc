package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ObservedNodeTest {

  private static final Map<String, String> LABEL = Map.of("virtualnode.io/managed", "true");

  private final ObservedNode observed = new ObservedNode();

  @Test
  void newest_counts_in_whatever_order_they_arrive() {
    observed.seen(node("u", "9", LABEL));
    assertThat(observed.seen(node("u", "10", LABEL))).isTrue();
    assertThat(observed.seen(node("u", "10", LABEL))).isFalse();
    assertThat(observed.seen(node("u", "9", LABEL))).isFalse();
    assertThat(version()).isEqualTo("10");
  }

  @Test
  void old_node_never_replaces_the_new_one() {
    observed.seen(node("old", "9", LABEL));
    observed.deleted(node("old", "12", LABEL));
    assertThat(observed.newest()).isNull();
    assertThat(observed.seen(node("old", "11", LABEL))).isFalse();
    observed.created(node("new", "13", LABEL));
    assertThat(observed.seen(node("old", "12", LABEL))).isFalse();
    assertThat(observed.deleted(node("old", "12", LABEL))).isFalse();
    assertThat(version()).isEqualTo("13");
  }

  @Test
  void node_is_forgotten_only_if_it_was_the_one_that_was_looked_for() {
    Node old = node("old", "9", LABEL);
    observed.seen(old);
    observed.seen(node("new", "10", LABEL));
    assertThat(observed.absent(old)).isFalse();
    assertThat(observed.absent(null)).isFalse();
    assertThat(observed.absent(node("new", "10", LABEL))).isTrue();
    assertThat(observed.newest()).isNull();
  }

  @Test
  void node_is_ours_by_its_uid_once_it_was_created_here_or_carried_the_label() {
    assertThat(observed.isOurs(node("u", "1", Map.of()))).isFalse();
    assertThat(observed.isOurs(node("u", "2", LABEL))).isTrue();
    assertThat(observed.isOurs(node("u", "3", Map.of()))).isTrue();
    assertThat(observed.isOurs(node("w", "4", Map.of()))).isFalse();
    observed.created(node("w", "5", Map.of()));
    assertThat(observed.isOurs(node("w", "6", Map.of()))).isTrue();
  }

  @Test
  void observer_is_told_of_what_is_new_and_of_nothing_old() {
    List<String> told = new ArrayList<>();
    observed.seen(node("u", "8", LABEL));
    observed.tell(node -> told.add(node.getMetadata().getResourceVersion()));
    observed.seen(node("u", "9", LABEL));
    observed.seen(node("u", "9", LABEL));
    observed.seen(node("u", "8", LABEL));
    observed.created(node("w", "10", LABEL));
    assertThat(told).containsExactly("9", "10");
  }

  @Test
  void marks_on_a_node_that_was_deleted_are_for_the_one_that_takes_its_place() {
    assertThat(observed.formerMarks()).isEmpty();
    Node old = node("old", "9", LABEL);
    old.getMetadata()
        .setAnnotations(Map.of("virtualnode.io/drain", "a", "example.org/note", "of others"));
    observed.seen(old);
    assertThat(observed.formerMarks()).isEmpty();
    observed.deleted(node("old", "10", LABEL));
    assertThat(observed.formerMarks()).isEqualTo(Map.of("virtualnode.io/drain", "a"));
  }

  private String version() {
    Node newest = observed.newest();
    return newest == null ? "" : newest.getMetadata().getResourceVersion();
  }

  private static Node node(String uid, String version, Map<String, String> labels) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName("v")
        .withUid(uid)
        .withResourceVersion(version)
        .withLabels(labels)
        .endMetadata()
        .build();
  }
}
