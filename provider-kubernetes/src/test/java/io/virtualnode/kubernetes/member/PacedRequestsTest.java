package io.virtualnode.kubernetes.member;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PacedRequestsTest {

  private static final int MANY = 100_000;

  private final PacedRequests requests = new PacedRequests();
  private final Deque<CompletableFuture<String>> underWay = new ArrayDeque<>();

  private CompletionStage<String> send() {
    return requests.send(
        () -> {
          var answer = new CompletableFuture<String>();
          underWay.add(answer);
          return answer;
        },
        (answer, failure, duration) ->
            "busy".equals(answer) ? Optional.of(Duration.ofMillis(50)) : Optional.empty());
  }

  @Test
  @DisplayName("so_many_are_sent_as_may_be_and_the_others_in_their_order_as_answers_come")
  void inTurn() {
    var answers = new ArrayList<CompletionStage<String>>();
    for (int i = 0; i < 34; i++) {
      answers.add(send());
    }
    assertThat(underWay).hasSize(32);
    assertThat(requests.waiting()).isEqualTo(2);
    underWay.remove().complete("first");
    assertThat(underWay).hasSize(32);
    assertThat(answers.get(0).toCompletableFuture()).isCompletedWithValue("first");
    assertThat(requests.waiting()).isEqualTo(1);
  }

  @Test
  @DisplayName("after_one_that_was_refused_none_is_sent_for_the_pause_and_then_all_that_wait")
  void pause() {
    send();
    underWay.remove().complete("busy");
    send();
    assertThat(underWay).isEmpty();
    assertThat(requests.limit()).isEqualTo(16);
    await().atMost(Duration.ofSeconds(5)).until(() -> requests.waiting() == 0);
    assertThat(underWay).hasSize(1);
  }

  @Test
  @DisplayName("failures_are_handed_on_and_those_at_once_do_not_pile_up_on_the_stack")
  void failures() {
    var held = new ArrayList<CompletableFuture<String>>();
    for (int i = 0; i < 32; i++) {
      send();
    }
    held.addAll(underWay);
    List<CompletionStage<String>> failing = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      failing.add(
          requests.send(
              () -> {
                throw new IllegalStateException("closed");
              },
              (answer, failure, duration) -> Optional.empty()));
    }
    held.forEach(answer -> answer.completeExceptionally(new IOException("gone")));
    assertThat(requests.waiting()).isZero();
    assertThat(failing)
        .allSatisfy(
            stage ->
                assertThatThrownBy(() -> stage.toCompletableFuture().join())
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(IllegalStateException.class));
  }
}
