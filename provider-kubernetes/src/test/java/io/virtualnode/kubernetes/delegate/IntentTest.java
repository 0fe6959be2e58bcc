package io.virtualnode.kubernetes.delegate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.virtualnode.api.PodKey;
import java.util.HashSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntentTest {

  private static final String LABEL_63 = "[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])";
  private final Intent intent = new Intent("cern", "0a1b-2c", 3, "node1.cern.ch");

  @DisplayName("intent_comes_back_when_it_was_stored")
  @Test
  void roundTrip() {
    var condition = intent.toCondition();
    assertThat(condition.getType()).isEqualTo("virtualnode.io/Delegate");
    assertThat(condition.getStatus()).isEqualTo("True");
    assertThat(Intent.of(storedOn(condition))).contains(intent);
    assertThat(Intent.isStoredOn(storedOn(condition))).isTrue();
  }

  @DisplayName("stored_form_stays_readable_across_versions_of_this_program")
  @Test
  void format() {
    assertThat(intent.toCondition().getMessage())
        .isEqualTo("v1 member=cern node=node1.cern.ch cluster=0a1b-2c attempt=3");
    assertThat(
            Intent.of(
                stored("v1 attempt=3 later=x member=cern cluster=0a1b-2c node=node1.cern.ch")))
        .contains(intent);
  }

  @DisplayName("intent_that_names_its_delegate_is_stored_in_a_form_that_earlier_versions_refuse")
  @Test
  void named() {
    var named = intent.naming("4b1d-9e");
    assertThat(named.toCondition().getMessage())
        .isEqualTo("v2 member=cern node=node1.cern.ch cluster=0a1b-2c attempt=3 delegate=4b1d-9e");
    assertThat(Intent.of(storedOn(named.toCondition()))).contains(named);
    assertThat(named.next("cern", "0a1b-2c", "n").delegateUid()).isEmpty();
    assertThat(named.delegateName(new PodKey("grid", "job", "uid-1")))
        .isEqualTo(intent.delegateName(new PodKey("grid", "job", "uid-1")));
  }

  @DisplayName("delegate_of_this_attempt_or_an_earlier_one_is_known_by_its_name")
  @Test
  void attempts() {
    var proxy = new PodKey("grid", "job", "uid-1");
    var next = intent.next("cern", "0a1b-2c", "n");
    assertThat(intent.isOfOrAfter(intent.delegateName(proxy), proxy)).isTrue();
    assertThat(next.isOfOrAfter(intent.delegateName(proxy), proxy)).isTrue();
    assertThat(intent.isOfOrAfter(next.delegateName(proxy), proxy)).isFalse();
    var another = new PodKey("grid", "job", "uid-2");
    assertThat(next.isOfOrAfter(intent.delegateName(another), proxy)).isFalse();
  }

  @DisplayName("pod_has_no_intent_when_nothing_is_stored")
  @Test
  void none() {
    var withoutStatus = new PodBuilder().withNewMetadata().endMetadata().build();
    var withoutConditions = new PodBuilder(withoutStatus).withNewStatus().endStatus().build();
    withoutConditions.getStatus().setConditions(null);
    var ready = new PodCondition();
    ready.setType("Ready");
    for (var pod : new Pod[] {withoutStatus, withoutConditions, storedOn(ready)}) {
      assertThat(Intent.of(pod)).isEmpty();
      assertThat(Intent.isStoredOn(pod)).isFalse();
    }
  }

  @DisplayName("intent_is_refused_with_the_pods_name_when_it_cannot_be_read")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "v2 member=cern node=n cluster=c attempt=0",
        "member=cern node=n cluster=c attempt=0",
        "v1 member=cern node=n cluster=c attempt=0 delegate=d",
        "v3 member=cern node=n cluster=c attempt=0 delegate=d",
        "v1 node=n cluster=c attempt=0",
        "v1 member=cern cluster=c attempt=0",
        "v1 member=cern node=n attempt=0",
        "v1 member=cern node=n cluster=c",
        "v1 member=cern node=n cluster=c attempt=first",
        "v1 member=cern node=n cluster=c attempt=-1",
        "v1 member=cern node=n cluster=c attempt=99999999999",
      })
  void unreadable(String message) {
    assertThat(Intent.isStoredOn(stored(message))).isTrue();
    assertThatThrownBy(() -> Intent.of(stored(message)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("grid/job (uid-1)")
        .hasMessageContaining("cannot be read");
  }

  @DisplayName("intent_without_a_message_is_refused")
  @Test
  void noMessage() {
    var condition = intent.toCondition();
    condition.setMessage(null);
    assertThatThrownBy(() -> Intent.of(storedOn(condition)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @DisplayName("delegate_name_is_the_same_for_the_same_proxy_and_attempt_and_no_other")
  @Test
  void deterministic() {
    var proxy = new PodKey("grid", "job", "uid-1");
    assertThat(intent.delegateName(proxy)).isEqualTo("job-762b0dc3b1");
    var names = new HashSet<String>();
    for (int attempt = 0; attempt < 3; attempt++) {
      for (var uid : new String[] {"uid-1", "uid-2", "uid-10"}) {
        names.add(new Intent("m", "c", attempt, "n").delegateName(new PodKey("grid", "job", uid)));
      }
    }
    assertThat(names).hasSize(9);
    assertThat(new Intent("other", "c", 3, "elsewhere").delegateName(proxy))
        .isEqualTo(intent.delegateName(proxy));
  }

  @DisplayName("delegate_name_is_a_valid_pod_name_of_at_most_63_characters")
  @Test
  void length() {
    for (int length = 1; length <= 253; length++) {
      assertThat(nameFor("a".repeat(length))).hasSizeLessThanOrEqualTo(63).matches(LABEL_63);
    }
    assertThat(nameFor("a".repeat(52))).startsWith("a".repeat(52) + "-").hasSize(63);
    assertThat(nameFor("a".repeat(51) + ".b")).startsWith("a".repeat(51) + "-").hasSize(62);
    assertThat(nameFor("a".repeat(50) + "--b")).startsWith("a".repeat(50) + "-").matches(LABEL_63);
    assertThat(nameFor("a.b.c")).startsWith("a.b.c-").matches(LABEL_63);
    assertThat(nameFor("a".repeat(253))).isNotEqualTo(nameFor("a".repeat(252)));
  }

  private String nameFor(String proxy) {
    return intent.delegateName(new PodKey("grid", proxy, "uid of " + proxy));
  }

  private static Pod stored(String message) {
    var condition = new Intent("m", "c", 0, "n").toCondition();
    condition.setMessage(message);
    return storedOn(condition);
  }

  private static Pod storedOn(PodCondition condition) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("grid")
        .withName("job")
        .withUid("uid-1")
        .endMetadata()
        .withNewStatus()
        .withConditions(condition)
        .endStatus()
        .build();
  }
}
