package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the primary in line with what the provider says: the work of the status queue.
 *
 * <p>Each run merges what was pushed into the newest copy of the pod and, if that changes it,
 * writes the difference in one PATCH on condition that the pod is still that copy. Refused for that
 * condition, it reads the pod live and merges anew. One run makes one write; where more is due it
 * asks to run again. A pod that is being deleted and of which the provider has nothing left is
 * deleted here, after its last status.
 *
 * <p>A status that the primary will never accept must not hold up what comes after it: a Running is
 * left out if the end is known already, and of any other the phase, reason and message are written.
 */
final class StatusWriter {

  private static final Logger log = LoggerFactory.getLogger(StatusWriter.class);

  /** How long a Pending status waits for the apply under way, to travel with what that records. */
  private static final Duration JOIN = Duration.ofMillis(500);

  private static final int MANY_CONFLICTS = 10;

  private final PodApi api;
  private final Pods pods;
  private final Events events;
  private final Executor callers;
  private final Timer timer;
  private final Counters counters;
  private volatile boolean joining = true;

  /** One write that is under way: what it was made of. */
  private record Write(
      PodState state, Pod pod, PendingWrite pending, @Nullable PodStatus next, int conflicts) {

    PodKey key() {
      return state.key();
    }

    boolean isDeleting() {
      return pod.getMetadata().getDeletionTimestamp() != null;
    }
  }

  /**
   * A writer.
   *
   * @param callers runs what the provider does once something is recorded
   */
  StatusWriter(
      PodApi api, Pods pods, Events events, Executor callers, Timer timer, Counters counters) {
    this.api = api;
    this.pods = pods;
    this.events = events;
    this.callers = callers;
    this.timer = timer;
    this.counters = counters;
  }

  /** From now on nothing is held back to travel with something else. */
  void hurry() {
    joining = false;
  }

  /** One look at one pod, and the write that is due. */
  CompletionStage<Outcome> write(PodKey key) {
    PodState state = pods.state(key);
    if (state == null) {
      return Outcome.done();
    }
    long now = timer.nanoTime();
    if (joining && state.pending().mayJoin() && state.joinUntil(now + JOIN.toNanos()) > now) {
      return Outcome.retryAfter(JOIN);
    }
    return write(state, 0);
  }

  private CompletionStage<Outcome> write(PodState state, int conflicts) {
    PendingWrite pending = state.pending();
    try {
      return write(state, pending, conflicts);
    } catch (RuntimeException e) { // a status that cannot even be merged
      abandon(state, pending, PodErrors.notStored(state.key(), e));
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletionStage<Outcome> write(PodState state, PendingWrite pending, int conflicts) {
    Pod pod = pods.store().newest(state.key().uid());
    if (pod == null) {
      abandon(state, pending, PodErrors.notFound(state.key()));
      return Outcome.done();
    }
    if (pending.isOvertaken(pod)) {
      abandon(state, pending, PodErrors.overtaken(state.key()));
      return Outcome.again(); // without what was to be recorded
    }
    PodStatus next = pending.next(pod);
    Write write = new Write(state, pod, pending, next, conflicts);
    PodStatus present = pod.getStatus();
    PodStatus desired =
        new StatusMerge(pending.observedGeneration(pod), pending.own(), timer.now())
            .merge(present, next, pending.conditions());
    if (desired.equals(present)
        || (pending.recordings().isEmpty() && state.isSettled(desired, present))) {
      return stored(write, pod);
    }
    counters.statusWrites.increment();
    return api.patchStatus(state.key(), pod, desired)
        .handle(
            (answer, failure) -> {
              if (answer == null) {
                return failed(write, PrimaryApi.unwrap(requireNonNull(failure)));
              }
              state.settle(desired, answer.getStatus());
              pods.store().remember(answer);
              log.debug("Pod {} is {} in the primary", state.key(), answer.getStatus().getPhase());
              return stored(write, answer);
            })
        .thenCompose(outcome -> outcome);
  }

  private CompletionStage<Outcome> stored(Write write, Pod stored) {
    PodState state = write.state();
    state.written(write.pending(), stored.getStatus());
    write
        .pending()
        .recordings()
        .forEach(recording -> recording.stored().completeAsync(() -> stored, callers));
    return hasMore(write, stored) ? Outcome.again() : finish(state, stored);
  }

  private CompletionStage<Outcome> failed(Write write, Throwable cause) {
    PodState state = write.state();
    int code = PrimaryApi.code(cause);
    if (code == PrimaryApi.NOT_FOUND) {
      abandon(state, write.pending(), PodErrors.notFound(write.key()));
      return Outcome.done(); // the watch will say so
    }
    if (code == PrimaryApi.CONFLICT) {
      counters.statusConflicts.increment();
      if (write.conflicts() < MANY_CONFLICTS) {
        return reread(write);
      }
    }
    return PrimaryApi.isRefusal(code) ? refused(write, cause) : notStored(write, cause);
  }

  private CompletionStage<Outcome> refused(Write write, Throwable cause) {
    events.publish(write.key(), true, "StatusRefused", String.valueOf(cause.getMessage()));
    PendingStatus before = write.pending().status();
    PodStatus sent = before.next(write.pod().getStatus());
    if (sent != null) {
      write.state().refused(sent);
      if (!write.state().pending().status().equals(before)) {
        return Outcome.again(); // without it, or with the little that matters of it
      }
    }
    if (write.pending().gone() && write.isDeleting()) {
      abandon(write.state(), write.pending(), PodErrors.notStored(write.key(), cause));
      return finish(write.state(), write.pod()); // nobody will miss what can never be stored
    }
    return notStored(write, cause);
  }

  private CompletionStage<Outcome> notStored(Write write, Throwable cause) {
    abandon(write.state(), write.pending(), PodErrors.notStored(write.key(), cause));
    return CompletableFuture.failedFuture(cause);
  }

  private CompletionStage<Outcome> reread(Write write) {
    PodState state = write.state();
    return api.pod(write.key())
        .whenComplete(
            (live, failure) -> {
              if (failure != null) {
                abandon(state, write.pending(), PodErrors.notRead(write.key(), failure));
              } else if (live.isEmpty()) {
                abandon(state, write.pending(), PodErrors.notFound(write.key()));
              }
            })
        .thenCompose(
            live -> {
              live.ifPresent(pods.store()::remember);
              return live.isEmpty() ? Outcome.done() : write(state, write.conflicts() + 1);
            });
  }

  /** Ends the pod in the primary if it is to be deleted and nothing of it is left. */
  private CompletionStage<Outcome> finish(PodState state, Pod pod) {
    PendingWrite pending = state.pending();
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
              boolean gone = code == PrimaryApi.NOT_FOUND || code == PrimaryApi.CONFLICT;
              return failure == null || gone // by conflict: another UID has the name
                  ? Outcome.done()
                  : CompletableFuture.<Outcome>failedFuture(PrimaryApi.unwrap(failure));
            })
        .thenCompose(outcome -> outcome);
  }

  /** Whether something else than what was just written is to be written now. */
  private static boolean hasMore(Write write, Pod stored) {
    PendingWrite now = write.state().pending();
    return !now.recordings().isEmpty() || !Objects.equals(now.next(stored), write.next());
  }

  private void abandon(PodState state, PendingWrite pending, ProviderException failure) {
    state.settled(pending);
    pending
        .recordings()
        .forEach(
            recording -> callers.execute(() -> recording.stored().completeExceptionally(failure)));
  }
}
