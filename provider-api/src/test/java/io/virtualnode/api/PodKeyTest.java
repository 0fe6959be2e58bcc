package io.virtualnode.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PodKeyTest {

  private final PodKey key = new PodKey("grid", "job", "uid-1");

  @DisplayName("uid_alone_decides_identity")
  @Test
  void identity() {
    var renamed = new PodKey("other", "name", "uid-1");
    assertThat(key).isEqualTo(renamed).hasSameHashCodeAs(renamed);
    assertThat(key).isNotEqualTo(new PodKey("grid", "job", "uid-2")).isNotEqualTo("uid-1");
  }

  @DisplayName("key_is_read_from_a_pods_metadata")
  @Test
  void ofPod() {
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace("grid")
            .withName("job")
            .withUid("uid-1")
            .endMetadata();
    assertThat(PodKey.of(pod.build())).hasToString("grid/job (uid-1)");
    assertThatNullPointerException()
        .isThrownBy(() -> PodKey.of(pod.editMetadata().withUid(null).endMetadata().build()))
        .withMessage("uid is null");
  }

  @DisplayName("text_is_what_messages_and_logs_use")
  @Test
  void text() {
    assertThat(key).hasToString("grid/job (uid-1)");
  }

  @DisplayName("nothing_may_be_missing")
  @SuppressWarnings("NullAway") // what is tested
  @Test
  void nulls() {
    assertThatNullPointerException()
        .isThrownBy(() -> new PodKey(null, "job", "uid"))
        .withMessage("namespace is null");
    assertThatNullPointerException()
        .isThrownBy(() -> new PodKey("grid", null, "uid"))
        .withMessage("name is null");
    assertThatNullPointerException()
        .isThrownBy(() -> new PodKey("grid", "job", null))
        .withMessage("uid is null");
  }
}
