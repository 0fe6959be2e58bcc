package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DrainMarkTest {

  @Test
  @DisplayName("mark_names_members_also_where_somebody_has_written_it_by_hand")
  void read() {
    assertThat(DrainMark.text(List.of("b", "a"))).isEqualTo("a,b");
    assertThat(marked("a,b")).containsExactlyInAnyOrder("a", "b");
    assertThat(marked(" a, b,")).containsExactlyInAnyOrder("a", "b");
    assertThat(marked("")).isEmpty();
    assertThat(DrainMark.on(new NodeBuilder().withNewMetadata().endMetadata().build())).isEmpty();
  }

  private static Set<String> marked(String text) {
    return DrainMark.on(
        new NodeBuilder()
            .withNewMetadata()
            .withAnnotations(Map.of("virtualnode.io/drain", text))
            .endMetadata()
            .build());
  }
}
