package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.Provider;
import io.virtualnode.api.ProviderException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the provider in line with the primary: the work of the pod queue.
 *
 * <p>Level-triggered: each run looks at the pod as it is now, takes the one {@link PodStep} that
 * follows, and may be repeated at any time. The queue sees to it that the provider is never called
 * twice at a time for one pod.
 */
final class PodController {

  private static final Logger log = LoggerFactory.getLogger(PodController.class);
  private static final Duration CONFLICT_DELAY = Duration.ofMillis(10);

  private final Provider provider;
  private final Pods pods;
  private final Events events;
  private final Counters counters;
  private final Consumer<PodKey> statusChanged;

  /**
   * A controller.
   *
   * @param statusChanged asks that the pod's status be looked at
   */
  PodController(
      Provider provider,
      Pods pods,
      Events events,
      Counters counters,
      Consumer<PodKey> statusChanged) {
    this.provider = provider;
    this.pods = pods;
    this.events = events;
    this.counters = counters;
    this.statusChanged = statusChanged;
  }

  /** One look at one pod. */
  CompletionStage<Outcome> reconcile(PodKey key) {
    PodState state = pods.state(key);
    if (state == null || !pods.synced()) {
      return Outcome.done(); // all keys come again after the first list
    }
    Pod pod = pods.store().newest(key.uid());
    if (pod == null && !state.isForgotten()) {
      if (!state.wasObserved()) {
        pods.drop(key); // spoken of just when the first list ended
      }
      return Outcome.done(); // whoever took it out of the store will say so
    }
    PodStep step = PodStep.decide(pod, state.facts());
    if (step instanceof PodStep.Apply apply) {
      return apply(state, apply.pod());
    } else if (step instanceof PodStep.Remove remove) {
      return remove(state, remove.grace());
    } else if (step instanceof PodStep.Forget) {
      pods.drop(key);
      statusChanged.accept(key);
      log.debug("Pod {} is gone", key);
    }
    return Outcome.done();
  }

  private CompletionStage<Outcome> apply(PodState state, Pod pod) {
    counters.applies.increment();
    state.applyBegins(pod);
    return call(() -> provider.apply(pod))
        .handle((nothing, failure) -> applied(state, failure))
        .thenCompose(outcome -> outcome);
  }

  private CompletionStage<Outcome> applied(PodState state, @Nullable Throwable failure) {
    state.applyEnded(failure == null);
    if (failure == null) {
      statusChanged.accept(state.key());
      return Outcome.done();
    }
    counters.applyFailures.increment();
    Throwable cause = PrimaryApi.unwrap(failure);
    if (cause instanceof ProviderException refused) {
      switch (refused.reason()) {
        case REJECTED, INVALID -> {
          reject(state, refused);
          return Outcome.done();
        }
        case CONFLICT -> {
          if (state.conflicted()) {
            return Outcome.retryAfter(CONFLICT_DELAY);
          }
        }
        case UNAVAILABLE, NOT_FOUND -> {}
      }
      events.publish(state.key(), true, refused.podReason(), message(refused));
    } else {
      events.publish(state.key(), true, "ProviderFailed", String.valueOf(cause));
    }
    statusChanged.accept(state.key());
    return CompletableFuture.failedFuture(cause);
  }

  private void reject(PodState state, ProviderException refused) {
    log.info("Pod {} is refused: {}", state.key(), refused.getMessage());
    Pod pod = pods.store().newest(state.key().uid());
    state.push(
        StatusMerge.failed(
            pod == null ? null : pod.getStatus(), refused.podReason(), message(refused), "False"));
    events.publish(state.key(), true, refused.podReason(), message(refused));
    statusChanged.accept(state.key());
  }

  private CompletionStage<Outcome> remove(PodState state, Duration grace) {
    counters.removes.increment();
    return call(() -> provider.remove(state.key(), grace))
        .thenApply(
            nothing -> {
              state.removing(grace);
              return Outcome.DONE;
            });
  }

  private static String message(ProviderException refused) {
    return String.valueOf(refused.getMessage());
  }

  /** A provider that throws, or returns nothing, has failed like one whose stage fails. */
  private static CompletionStage<Void> call(Call call) {
    try {
      return requireNonNull(call.run(), "the provider returned null instead of a stage");
    } catch (Throwable e) { // errors too, such as a class that is missing
      return CompletableFuture.failedFuture(e);
    }
  }

  private interface Call {
    CompletionStage<Void> run();
  }
}
