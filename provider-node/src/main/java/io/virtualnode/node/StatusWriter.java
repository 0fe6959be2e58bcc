package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.node.WorkQueue.Outcome;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the primary in line with what the provider says: the work of the status queue.
 *
 * <p>Each run merges what was pushed into the newest copy of the pod and, if that changes it,
 * writes the difference in one PATCH on condition that the pod is still that copy. Refused for that
 * condition, it reads the pod live and merges anew. A pod that is being deleted and of which the
 * provider has nothing left is deleted here, after its last status.
 */
final class StatusWriter {

  private static final Logger log = LoggerFactory.getLogger(StatusWriter.class);

  /** How long a Pending status waits for the apply under way, to travel with what that records. */
  private static final Duration JOIN = Duration.ofMillis(500);

  private static final int MANY_CONFLICTS = 10;
  private static final String DAEMON_REASON = "DaemonSetNotForwarded";
  private static final String DAEMON_MESSAGE =
      "A virtual node is no machine: pods of DaemonSets are not run on it. Keep them off with the"
          + " node's taint or an affinity on the label type=virtual-kubelet.";

  private final PrimaryApi api;
  private final Pods pods;
  private final Events events;
  private final Timer timer;
  private final Counters counters;

  StatusWriter(PrimaryApi api, Pods pods, Events events, Timer timer, Counters counters) {
    this.api = api;
    this.pods = pods;
    this.events = events;
    this.timer = timer;
    this.counters = counters;
  }

  /** One look at one pod, and all the writes that are due. */
  CompletionStage<Outcome> write(PodKey key) {
    PodState state = pods.state(key);
    if (state == null) {
      return Outcome.done();
    }
    PodState.Pending pending = state.pending();
    if (mayJoin(pending) && state.joinUntil(timer.nanoTime() + JOIN.toNanos()) > timer.nanoTime()) {
      return Outcome.retryAfter(JOIN);
    }
    return write(state, 0);
  }

  private CompletionStage<Outcome> write(PodState state, int conflicts) {
    PodState.Pending pending = state.pending();
    Pod pod = pods.store().newest(state.key().uid());
    if (pod == null) {
      abandon(state, pending, notFound(state.key()));
      return Outcome.done();
    }
    PodStatus next = next(pod, pending);
    PodStatus desired =
        new StatusMerge(generation(pod, pending), timer.now())
            .merge(pod.getStatus(), next, pending.conditions());
    PodStatus present = pod.getStatus();
    if (desired.equals(present)
        || (pending.recordings().isEmpty() && state.isSettled(desired, present))) {
      written(state, pending, next, pod);
      return hasMore(state, pending) ? write(state, 0) : finish(state, pod);
    }
    counters.statusWrites.increment();
    return api.patchPodStatus(state.key(), StatusPatch.of(pod, desired, api.serialization()))
        .handle(
            (stored, failure) -> {
              if (stored != null) {
                state.settle(desired, stored.getStatus());
              }
              return answered(state, pod, pending, next, stored, failure, conflicts);
            })
        .thenCompose(outcome -> outcome);
  }

  private CompletionStage<Outcome> answered(
      PodState state,
      Pod pod,
      PodState.Pending pending,
      @Nullable PodStatus next,
      @Nullable Pod stored,
      @Nullable Throwable failure,
      int conflicts) {
    if (stored != null) {
      pods.store().remember(stored);
      log.debug("Pod {} is {} in the primary", state.key(), stored.getStatus().getPhase());
      written(state, pending, next, stored);
      return hasMore(state, pending) ? write(state, 0) : finish(state, stored);
    }
    Throwable cause = PrimaryApi.unwrap(Objects.requireNonNull(failure));
    switch (PrimaryApi.code(cause)) {
      case PrimaryApi.NOT_FOUND -> {
        abandon(state, pending, notFound(state.key()));
        return Outcome.done(); // the watch will say so
      }
      case PrimaryApi.CONFLICT -> {
        counters.statusConflicts.increment();
        if (conflicts < MANY_CONFLICTS) {
          return reread(state, pending, conflicts + 1);
        }
      }
      default -> {}
    }
    if (isRefusal(PrimaryApi.code(cause))) {
      events.publish(state.key(), true, "StatusRefused", String.valueOf(cause.getMessage()));
      if (pending.gone() && pod.getMetadata().getDeletionTimestamp() != null) {
        abandon(state, pending, notStored(state.key(), cause));
        return finish(state, pod); // nobody will miss a status that can never be stored
      }
    }
    abandon(state, pending, notStored(state.key(), cause));
    return CompletableFuture.failedFuture(cause);
  }

  private CompletionStage<Outcome> reread(PodState state, PodState.Pending pending, int conflicts) {
    return api.pod(state.key())
        .thenCompose(
            live -> {
              if (live.isEmpty()) {
                abandon(state, pending, notFound(state.key()));
                return Outcome.done();
              }
              pods.store().remember(live.get());
              return write(state, conflicts);
            })
        .whenComplete(
            (outcome, failure) -> {
              if (failure != null) {
                abandon(state, pending, unavailable(state.key(), failure));
              }
            });
  }

  /** The status to merge next, the provider's or one of our own; null for none. */
  private @Nullable PodStatus next(Pod pod, PodState.Pending pending) {
    boolean deleting = pod.getMetadata().getDeletionTimestamp() != null;
    if (pending.kind() == PodKind.DAEMON) {
      return daemonStatus();
    }
    PodStatus next = pending.status().next(pod.getStatus());
    boolean last = Objects.equals(next, pending.status().latest());
    if (pending.gone() && !deleting && last && !Phases.isTerminal(next)) {
      return StatusMerge.failed(
          next == null ? pod.getStatus() : next,
          "PodGone",
          "The pod no longer exists where it ran, and how it ended is not known.");
    }
    return next;
  }

  private PodStatus daemonStatus() {
    return new PodStatusBuilder()
        .withPhase(Phases.PENDING)
        .withReason(DAEMON_REASON)
        .withMessage(DAEMON_MESSAGE)
        .addNewCondition()
        .withType("Ready")
        .withStatus("False")
        .withReason(DAEMON_REASON)
        .withMessage(DAEMON_MESSAGE)
        .endCondition()
        .build();
  }

  /** Ends the pod in the primary if it is to be deleted and nothing of it is left. */
  private CompletionStage<Outcome> finish(PodState state, Pod pod) {
    PodState.Pending pending = state.pending();
    Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
    boolean deleting = pod.getMetadata().getDeletionTimestamp() != null;
    boolean due =
        switch (pending.kind()) {
          case FORWARDED -> deleting && pending.gone();
          case DAEMON, GATED -> deleting;
          case MIRROR -> true;
        };
    boolean onlyFinalizersLeft = deleting && grace != null && grace == 0;
    if (!due || onlyFinalizersLeft) {
      return Outcome.done();
    }
    counters.podDeletes.increment();
    return api.deletePod(state.key())
        .handle(
            (nothing, failure) -> {
              int code = failure == null ? 0 : PrimaryApi.code(failure);
              if (failure == null
                  || code == PrimaryApi.NOT_FOUND
                  || code == PrimaryApi.CONFLICT) { // another UID: gone as well
                return Outcome.done();
              }
              return CompletableFuture.<Outcome>failedFuture(PrimaryApi.unwrap(failure));
            })
        .thenCompose(outcome -> outcome);
  }

  private static boolean mayJoin(PodState.Pending pending) {
    PodStatus latest = pending.status().latest();
    return pending.applying()
        && pending.recordings().isEmpty()
        && !pending.gone()
        && (latest == null || !(Phases.isRunning(latest) || Phases.isTerminal(latest)));
  }

  private static boolean hasMore(PodState state, PodState.Pending pending) {
    PodState.Pending now = state.pending();
    return !now.recordings().isEmpty()
        || now.status().running() != null
        || !Objects.equals(now.status().latest(), pending.status().latest());
  }

  private static @Nullable Long generation(Pod pod, PodState.Pending pending) {
    if (pending.generation() != null) {
      return pending.generation();
    }
    PodStatus stored = pod.getStatus();
    return stored != null && stored.getObservedGeneration() != null
        ? stored.getObservedGeneration()
        : pod.getMetadata().getGeneration();
  }

  private static void written(
      PodState state, PodState.Pending pending, @Nullable PodStatus shown, Pod stored) {
    state.written(pending, shown);
    pending.recordings().forEach(recording -> recording.stored().complete(stored));
  }

  private static void abandon(PodState state, PodState.Pending pending, ProviderException failure) {
    state.settled(pending);
    pending.recordings().forEach(recording -> recording.stored().completeExceptionally(failure));
  }

  private static ProviderException notStored(PodKey key, Throwable cause) {
    return new ProviderException(
        Reason.UNAVAILABLE,
        "status of pod " + key + " was not stored: " + cause.getMessage(),
        cause);
  }

  /** Whether the primary will never accept this, however often it is sent. */
  private static boolean isRefusal(int code) {
    return code == 400 || code == 413 || code == 422;
  }

  private static ProviderException notFound(PodKey key) {
    return new ProviderException(Reason.NOT_FOUND, "pod " + key + " is not in the primary");
  }

  private static ProviderException unavailable(PodKey key, Throwable failure) {
    Throwable cause = PrimaryApi.unwrap(failure);
    return new ProviderException(
        Reason.UNAVAILABLE, "pod " + key + " could not be read: " + cause.getMessage(), cause);
  }
}
