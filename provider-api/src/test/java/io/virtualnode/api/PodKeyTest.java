package io.virtualnode.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PodKeyTest {

  private final PodKey key = new PodKey("grid", "job", "uid-1");

  @Test
  void uid_alone_decides_identity() {
    var renamed = new PodKey("other", "name", "uid-1");
    assertThat(key).isEqualTo(renamed).hasSameHashCodeAs(renamed);
    assertThat(key).isNotEqualTo(new PodKey("grid", "job", "uid-2")).isNotEqualTo("uid-1");
  }

  @Test
  void key_is_read_from_a_pods_metadata() {
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

  @Test
  void text_is_what_messages_and_logs_use() {
    assertThat(key).hasToString("grid/job (uid-1)");
  }

  @SuppressWarnings("NullAway") // what is tested
  @Test
  void nothing_may_be_missing() {
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
