package io.virtualnode.kubernetes;

import static io.virtualnode.kubernetes.capacity.Given.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class NodeIdentityTest {

  private static final NodeIdentity IDENTITY = new NodeIdentity("grid");

  private static final List<Scope> SCOPES =
      List.of(
          Scope.WHOLE,
          new Scope.OfMember("a"),
          new Scope.OfMember("a-b"),
          new Scope.OfNode(key("a/n1")),
          new Scope.OfNode(key("a/b.n1.example.org")),
          new Scope.OfNode(key("a-b/n1")),
          new Scope.OfNode(new NodeKey("a", "n".repeat(80))));

  @Test
  @DisplayName("nodes_are_named_by_what_they_stand_for")
  void names() {
    assertThat(SCOPES.stream().limit(6).map(IDENTITY::name))
        .containsExactly(
            "grid", "grid.a", "grid.a-b", "grid.a.n1", "grid.a.b.n1.example.org", "grid.a-b.n1");
  }

  @Test
  @DisplayName("no_two_have_one_name_and_none_is_longer_than_a_label_value")
  void unique() {
    assertThat(SCOPES).map(IDENTITY::name).doesNotHaveDuplicates();
    assertThat(SCOPES).map(IDENTITY::name).allMatch(name -> name.length() <= 63);
    var other = new Scope.OfNode(new NodeKey("a", "n".repeat(81)));
    assertThat(IDENTITY.name(other)).isNotEqualTo(IDENTITY.name(SCOPES.get(6)));
    var dotted = new Scope.OfNode(new NodeKey("a", "n".repeat(44) + ".example.org.and.more"));
    assertThat(IDENTITY.name(dotted)).matches("[a-z0-9.-]*[a-z0-9]-[0-9a-f]{10}");
  }

  @Test
  @DisplayName("what_a_node_stands_for_is_known_by_its_marks")
  void known() {
    for (var scope : SCOPES) {
      var node = node(IDENTITY.name(scope), IDENTITY.labels(scope), IDENTITY.annotations(scope));
      assertThat(IDENTITY.scopeOf(node)).as(IDENTITY.name(scope)).contains(scope);
    }
  }

  @Test
  @DisplayName("node_of_another_family_or_with_marks_that_do_not_fit_its_name_is_not_ours")
  void foreign() {
    var scope = new Scope.OfMember("a");
    var theirs = new NodeIdentity("other");
    assertThat(IDENTITY.scopeOf(node(theirs.name(scope), theirs.labels(scope), Map.of())))
        .isEmpty();
    assertThat(IDENTITY.scopeOf(node("grid.b", IDENTITY.labels(scope), Map.of()))).isEmpty();
    assertThat(IDENTITY.scopeOf(node("grid.a", Map.of(), Map.of()))).isEmpty();
  }

  @Test
  @DisplayName("node_from_before_there_were_marks_is_the_one_for_the_whole")
  void old() {
    assertThat(IDENTITY.scopeOf(node("grid", Map.of(), Map.of()))).contains(Scope.WHOLE);
  }

  private static Node node(
      String name, Map<String, String> labels, Map<String, String> annotations) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withLabels(labels)
        .withAnnotations(annotations)
        .endMetadata()
        .build();
  }
}
