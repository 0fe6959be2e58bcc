package io.virtualnode.kubernetes.capacity;

import static io.virtualnode.kubernetes.capacity.Given.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ScopeTest {

  private static final Scope A = new Scope.OfMember("a");
  private static final Scope B = new Scope.OfMember("b");
  private static final Scope A1 = new Scope.OfNode(key("a/n1"));
  private static final Scope A2 = new Scope.OfNode(key("a/n2"));
  private static final Scope B1 = new Scope.OfNode(key("b/n1"));

  @Test
  @DisplayName("parts_overlap_where_a_node_may_be_in_both_whichever_is_asked")
  void overlaps() {
    var all = List.of(Scope.WHOLE, A, B, A1, A2, B1, anyOf(A1, B), anyOf(A2, B1), anyOf(A));
    var nodes = List.of(key("a/n1"), key("a/n2"), key("b/n1"), key("b/n2"));
    for (var one : all) {
      for (var other : all) {
        boolean common =
            nodes.stream().anyMatch(node -> one.contains(node) && other.contains(node));
        assertThat(Scope.overlap(one, other)).as("%s and %s", one, other).isEqualTo(common);
      }
    }
  }

  private static Scope anyOf(Scope... parts) {
    return new Scope.AnyOf(Set.of(parts));
  }
}
