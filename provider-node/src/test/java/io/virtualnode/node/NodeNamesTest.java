package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class NodeNamesTest {

  private final NodeNames names = new NodeNames("ours"::equals);

  @Test
  void node_of_ours_is_kept_whole_for_the_watch_hands_it_on_from_here() {
    Node node = node("ours");
    names.put("ours", node);
    assertThat(names.get("ours")).isSameAs(node);
    assertThat(NodeNames.isWhole(node)).isTrue();
  }

  @Test
  void only_the_name_is_kept_of_others() {
    names.put("other", node("other"));
    Node kept = names.get("other");
    assertThat(NodeNames.isWhole(kept)).isFalse();
    assertThat(kept.getMetadata().getUid()).isEqualTo("u");
    assertThat(kept.getMetadata().getResourceVersion()).isEqualTo("1");
    assertThat(kept.getMetadata().getLabels()).isEmpty();
    assertThat(names.remove("other")).isSameAs(kept);
    assertThat(names.size()).isZero();
  }

  private static Node node(String name) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withUid("u")
        .withResourceVersion("1")
        .addToLabels("a", "b")
        .endMetadata()
        .withNewStatus()
        .endStatus()
        .build();
  }
}
