package io.virtualnode.kubernetes.placement;

import static io.virtualnode.kubernetes.capacity.Given.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.placement.NodeRequirements.Answer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeRequirementsTest {

  private static final MemberNode NODE =
      node("a/n1").label("zone", "z1").label("cores", "8").label("empty", "").build();

  @DisplayName("expression_matches_as_in_the_scheduler")
  @ParameterizedTest(name = "{0} {1} {2} -> {3}")
  @CsvSource({
    "zone, In, z1, true",
    "zone, In, z2|z1, true",
    "zone, In, z2, false",
    "other, In, z1, false",
    "empty, In, '', true",
    "zone, NotIn, z2, true",
    "zone, NotIn, z1|z2, false",
    "other, NotIn, z1, true",
    "zone, Exists, , true",
    "empty, Exists, , true",
    "other, Exists, , false",
    "zone, DoesNotExist, , false",
    "other, DoesNotExist, , true",
    "cores, Gt, 7, true",
    "cores, Gt, 8, false",
    "cores, Gt, 9, false",
    "cores, Lt, 9, true",
    "cores, Lt, 8, false",
    "cores, Lt, 7, false",
    "zone, Gt, 1, false",
    "zone, Lt, 1, false",
    "cores, Gt, seven, false",
    "cores, Gt, 1|2, false",
    "cores, Gt, , false",
    "other, Gt, 1, false",
    "other, Lt, 1, false",
    "zone, Like, z1, false",
  })
  void operators(String key, String operator, String values, boolean matches) {
    assertThat(required(term(expression(key, operator, values))).allow(NODE)).isEqualTo(matches);
  }

  @DisplayName("node_name_is_the_only_field")
  @ParameterizedTest(name = "{0} {1} {2} -> {3}")
  @CsvSource({
    "metadata.name, In, n1, true",
    "metadata.name, In, n2, false",
    "metadata.name, NotIn, n2, true",
    "metadata.name, NotIn, n1, false",
    "metadata.uid, Exists, , false",
  })
  void fields(String key, String operator, String values, boolean matches) {
    var term = new NodeSelectorTermBuilder().withMatchFields(expression(key, operator, values));
    assertThat(required(term.build()).allow(NODE)).isEqualTo(matches);
  }

  @DisplayName("every_expression_of_a_term_must_match_and_one_term_is_enough")
  @Test
  void andOr() {
    var right = expression("zone", "In", "z1");
    var wrong = expression("zone", "In", "z2");
    assertThat(required(term(right, wrong)).allow(NODE)).isFalse();
    assertThat(required(term(wrong), term(right)).allow(NODE)).isTrue();
    assertThat(required(term(wrong), term(wrong)).allow(NODE)).isFalse();
    var both =
        new NodeSelectorTermBuilder(term(right))
            .withMatchFields(expression("metadata.name", "In", "n2"));
    assertThat(required(both.build()).allow(NODE)).isFalse();
  }

  @DisplayName("term_without_requirements_matches_nothing")
  @Test
  void emptyTerm() {
    assertThat(required(new NodeSelectorTerm()).allow(NODE)).isFalse();
  }

  @DisplayName("node_selector_and_affinity_must_both_match")
  @Test
  void selector() {
    var right = List.of(term(expression("zone", "In", "z1")));
    var wrong = List.of(term(expression("zone", "In", "z2")));
    assertThat(new NodeRequirements(Map.of("zone", "z1"), List.of()).allow(NODE)).isTrue();
    assertThat(new NodeRequirements(Map.of("zone", "z2"), List.of()).allow(NODE)).isFalse();
    assertThat(new NodeRequirements(Map.of("zone", "z1", "x", "y"), List.of()).allow(NODE))
        .isFalse();
    assertThat(new NodeRequirements(Map.of("zone", "z1"), right).allow(NODE)).isTrue();
    assertThat(new NodeRequirements(Map.of("zone", "z1"), wrong).allow(NODE)).isFalse();
    assertThat(new NodeRequirements(Map.of("zone", "z2"), right).allow(NODE)).isFalse();
    assertThat(NodeRequirements.NONE.allow(NODE)).isTrue();
  }

  @DisplayName("requirements_are_read_from_selector_and_required_affinity_but_not_from_preferences")
  @Test
  void ofSpec() {
    var term = term(expression("zone", "In", "z1"));
    var spec =
        new PodSpecBuilder()
            .addToNodeSelector("disk", "ssd")
            .withNewAffinity()
            .withNewNodeAffinity()
            .withNewRequiredDuringSchedulingIgnoredDuringExecution()
            .withNodeSelectorTerms(term)
            .endRequiredDuringSchedulingIgnoredDuringExecution()
            .addNewPreferredDuringSchedulingIgnoredDuringExecution()
            .withWeight(1)
            .withPreference(term(expression("zone", "In", "z2")))
            .endPreferredDuringSchedulingIgnoredDuringExecution()
            .endNodeAffinity()
            .endAffinity();
    assertThat(NodeRequirements.of(spec.build()))
        .isEqualTo(new NodeRequirements(Map.of("disk", "ssd"), List.of(term)));
  }

  @DisplayName("what_follows_from_the_known_labels_alone_is_answered_by_them")
  @Test
  void ask() {
    var known = Set.of("zone", "gpu");
    var labels = Map.of("zone", "z1"); // and no label gpu
    var inZone = expression("zone", "In", "z1");
    var elsewhere = expression("zone", "In", "z2");
    var noGpu = expression("gpu", "DoesNotExist", null);
    var unknown = expression("cores", "Gt", "7");
    var named = expression("metadata.name", "In", "n1");
    assertThat(NodeRequirements.NONE.ask(known, labels)).isEqualTo(Answer.YES);
    assertThat(required(term(inZone, noGpu)).ask(known, labels)).isEqualTo(Answer.YES);
    assertThat(required(term(elsewhere, unknown)).ask(known, labels)).isEqualTo(Answer.NO);
    assertThat(required(term(unknown, elsewhere)).ask(known, labels)).isEqualTo(Answer.NO);
    assertThat(required(term(inZone, unknown)).ask(known, labels)).isEqualTo(Answer.DEPENDS);
    assertThat(required(term(unknown), term(inZone)).ask(known, labels)).isEqualTo(Answer.YES);
    assertThat(required(term(inZone), term(unknown)).ask(known, labels)).isEqualTo(Answer.YES);
    assertThat(required(term(unknown), term(elsewhere)).ask(known, labels))
        .isEqualTo(Answer.DEPENDS);
    assertThat(required(new NodeSelectorTerm()).ask(known, labels)).isEqualTo(Answer.NO);
    var byField = new NodeSelectorTermBuilder().withMatchFields(named).build();
    assertThat(required(byField).ask(known, labels)).isEqualTo(Answer.DEPENDS);
    var otherField = new NodeSelectorTermBuilder().withMatchFields(inZone).build();
    assertThat(required(otherField).ask(known, labels)).isEqualTo(Answer.NO);
    assertThat(selecting("zone", "z1").ask(known, labels)).isEqualTo(Answer.YES);
    assertThat(selecting("zone", "z2").ask(known, labels)).isEqualTo(Answer.NO);
    assertThat(selecting("gpu", "yes").ask(known, labels)).isEqualTo(Answer.NO);
    assertThat(selecting("cores", "8").ask(known, labels)).isEqualTo(Answer.DEPENDS);
    assertThat(
            new NodeRequirements(Map.of("cores", "8"), List.of(term(elsewhere))).ask(known, labels))
        .isEqualTo(Answer.NO);
    assertThat(new NodeRequirements(Map.of("cores", "8"), List.of(term(inZone))).ask(known, labels))
        .isEqualTo(Answer.DEPENDS);
  }

  @DisplayName("names_are_those_to_which_every_alternative_confines_a_pod")
  @Test
  void names() {
    var host = expression("kubernetes.io/hostname", "In", "h1|h2");
    var notHost = expression("kubernetes.io/hostname", "NotIn", "h1");
    var name = expression("metadata.name", "In", "n1");
    var zone = expression("zone", "In", "z1");
    var byName = new NodeSelectorTermBuilder().withMatchFields(name).build();
    assertThat(NodeRequirements.NONE.names()).isEmpty();
    assertThat(required(term(zone)).names()).isEmpty();
    assertThat(required(term(notHost)).names()).isEmpty();
    assertThat(required(term(zone, host)).names()).contains(Set.of("h1", "h2"));
    assertThat(required(term(host), byName).names()).contains(Set.of("h1", "h2", "n1"));
    assertThat(required(term(host), term(zone)).names()).isEmpty();
    assertThat(selecting("kubernetes.io/hostname", "h3").names()).contains(Set.of("h3"));
    assertThat(required(term(zone, host)).labelKeys())
        .containsExactlyInAnyOrder("zone", "kubernetes.io/hostname");
  }

  private static NodeRequirements selecting(String key, String value) {
    return new NodeRequirements(Map.of(key, value), List.of());
  }

  @DisplayName("nothing_is_required_when_the_spec_says_nothing")
  @Test
  void ofEmptySpec() {
    assertThat(NodeRequirements.of(new PodSpecBuilder().build())).isEqualTo(NodeRequirements.NONE);
    var noSelector = new PodSpecBuilder().withNewAffinity().endAffinity().build();
    noSelector.setNodeSelector(null);
    assertThat(NodeRequirements.of(noSelector)).isEqualTo(NodeRequirements.NONE);
    var noTerms =
        new PodSpecBuilder()
            .withNewAffinity()
            .withNewNodeAffinity()
            .endNodeAffinity()
            .endAffinity();
    assertThat(NodeRequirements.of(noTerms.build())).isEqualTo(NodeRequirements.NONE);
  }

  private static NodeRequirements required(NodeSelectorTerm... terms) {
    return new NodeRequirements(Map.of(), List.of(terms));
  }

  private static NodeSelectorTerm term(NodeSelectorRequirement... expressions) {
    return new NodeSelectorTermBuilder().withMatchExpressions(expressions).build();
  }

  /** The values are separated by |; none at all where they are null. */
  private static NodeSelectorRequirement expression(
      String key, String operator, @Nullable String values) {
    return new NodeSelectorRequirement(
        key, operator, values == null ? List.of() : Arrays.asList(values.split("\\|", -1)));
  }
}
