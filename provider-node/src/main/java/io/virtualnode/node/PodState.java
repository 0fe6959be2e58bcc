package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.PodKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What is known here of one pod besides the pod itself. Thread-safe: the provider, the watch and
 * both queues write to it.
 */
final class PodState {

  /** A condition that the provider waits to see stored. */
  record Recording(PodCondition condition, CompletableFuture<Pod> stored) {}

  /** What is to be written, taken at one moment. */
  record Pending(
      PodKind kind,
      PendingStatus status,
      List<Recording> recordings,
      boolean gone,
      boolean applying,
      @Nullable Long generation) {

    List<PodCondition> conditions() {
      return recordings.stream().map(Recording::condition).toList();
    }
  }

  private static final int MANY_CONFLICTS = 5;

  private final PodKey key;

  // guarded by this
  private PodKind kind = PodKind.FORWARDED;
  private PendingStatus status = PendingStatus.NONE;
  private List<Recording> recordings = List.of();
  private PodStep.@Nullable Applied applied;
  private @Nullable Long generation;
  private @Nullable Duration removing;
  private boolean applying;
  private boolean applyAgain;
  private boolean gone;
  private int conflicts;
  private long joinUntil;
  private @Nullable PodStatus meant;
  private @Nullable PodStatus stored;

  PodState(PodKey key) {
    this.key = key;
  }

  PodKey key() {
    return key;
  }

  synchronized void observed(Pod pod) {
    kind = PodKind.of(pod);
  }

  synchronized PodKind kind() {
    return kind;
  }

  /** Answers whether anything may have to be written. */
  synchronized boolean push(PodStatus pushed) {
    PendingStatus before = status;
    status = before.push(pushed);
    return !status.equals(before);
  }

  synchronized void gone() {
    gone = true;
  }

  synchronized void applyAgain() {
    applyAgain = true;
  }

  /** Whether an apply is under way, which {@code record} needs. */
  synchronized boolean record(Recording recording) {
    if (!applying) {
      return false;
    }
    List<Recording> longer = new ArrayList<>(recordings);
    longer.add(recording);
    recordings = List.copyOf(longer);
    return true;
  }

  synchronized PodStep.Facts facts() {
    PodStatus latest = status.latest();
    return new PodStep.Facts(
        kind, applyAgain ? null : applied, removing, gone, Phases.isTerminal(latest));
  }

  synchronized void applyBegins(Pod pod) {
    applying = true;
    joinUntil = 0;
    applyAgain = false;
    applied = PodStep.Applied.of(pod);
    generation = pod.getMetadata().getGeneration();
  }

  /** Until when a status may wait for the apply under way; set once for each apply. */
  synchronized long joinUntil(long proposal) {
    if (joinUntil == 0) {
      joinUntil = proposal;
    }
    return joinUntil;
  }

  synchronized void applyEnded(boolean accepted) {
    applying = false;
    if (accepted) {
      conflicts = 0;
    } else {
      applied = null;
    }
  }

  /** Counts an apply that lost a race; whether it is one of few, so that it may run again soon. */
  synchronized boolean conflicted() {
    conflicts++;
    return conflicts <= MANY_CONFLICTS;
  }

  synchronized void removing(Duration grace) {
    removing = grace;
  }

  synchronized Pending pending() {
    return new Pending(kind, status, recordings, gone, applying, generation);
  }

  synchronized void written(Pending pending, @Nullable PodStatus shown) {
    status = status.written(shown);
    settled(pending);
  }

  /** Notes what a write meant, and what the primary made of it. */
  synchronized void settle(PodStatus desired, PodStatus answered) {
    meant = desired;
    stored = answered;
  }

  /**
   * Whether {@code desired} was already made of {@code present}: what then differs is how the
   * primary writes it, and writing again would change nothing.
   */
  synchronized boolean isSettled(PodStatus desired, PodStatus present) {
    return desired.equals(meant) && present.equals(stored);
  }

  /** Takes the recordings out that were dealt with; who deals with them completes them. */
  synchronized void settled(Pending pending) {
    List<Recording> rest = new ArrayList<>(recordings);
    rest.removeAll(pending.recordings());
    recordings = List.copyOf(rest);
  }
}
