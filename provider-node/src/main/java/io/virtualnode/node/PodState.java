package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.virtualnode.api.PodKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What is known here of one pod besides the pod itself. Thread-safe: the provider, the watch and
 * both queues write to it.
 */
final class PodState {

  private static final int MANY_CONFLICTS = 5;

  private final PodKey key;

  // guarded by this
  private @Nullable PodKind kind;
  private boolean forgotten;
  private PendingStatus status = PendingStatus.NONE;
  private List<PendingWrite.Recording> recordings = List.of();
  private Set<String> pushedTypes;
  private Set<String> recordedTypes = Set.of();
  private PodStep.@Nullable Applied applied;
  private @Nullable Long generation;
  private @Nullable Duration removing;
  private boolean applying;
  private @Nullable Pod given; // what the apply under way was given
  private boolean applyAgain;
  private boolean gone;
  private int conflicts;
  private long joinUntil;
  private @Nullable PodStatus meant;
  private @Nullable PodStatus answered;

  /**
   * Of a pod of which nothing is known yet.
   *
   * @param own the condition types that the provider declares its own
   */
  PodState(PodKey key, Set<String> own) {
    this.key = key;
    this.pushedTypes = own;
  }

  PodKey key() {
    return key;
  }

  /** The primary has the pod. What was handed to the provider once stays the provider's. */
  synchronized void observed(Pod pod) {
    forgotten = false;
    if (kind != PodKind.FORWARDED) {
      kind = PodKind.of(pod);
    }
  }

  /** The primary no longer has the pod. */
  synchronized void forgotten() {
    forgotten = true;
  }

  /** Whether the pod was ever seen in the primary. */
  synchronized boolean wasObserved() {
    return kind != null;
  }

  /** Answers whether anything may have to be written. The status is copied if so. */
  synchronized boolean push(PodStatus pushed) {
    if (status.push(pushed).equals(status)) {
      return false;
    }
    PodStatus copy = new PodStatusBuilder(pushed).build();
    pushedTypes = withTypes(pushedTypes, copy.getConditions());
    status = status.push(copy);
    return true;
  }

  synchronized void gone() {
    gone = true;
  }

  synchronized void applyAgain() {
    applyAgain = true;
  }

  /**
   * Notes a condition to be stored in place of the one that the apply under way was given.
   *
   * @return whether an apply is under way
   */
  synchronized boolean record(PodCondition condition, CompletableFuture<Pod> stored) {
    if (!applying || given == null) {
      return false;
    }
    PodCondition before = PendingWrite.Recording.of(given, condition.getType());
    PendingWrite.Recording recording = new PendingWrite.Recording(condition, before, stored);
    recordedTypes = withTypes(recordedTypes, List.of(recording.condition()));
    List<PendingWrite.Recording> longer = new ArrayList<>(recordings);
    longer.add(recording);
    recordings = List.copyOf(longer);
    return true;
  }

  /**
   * Whether the primary is known not to have the pod: seen gone, and not only missing from the
   * store at this moment.
   */
  synchronized boolean isForgotten() {
    return forgotten;
  }

  synchronized PodStep.Facts facts() {
    return new PodStep.Facts(
        kindOrForwarded(),
        applyAgain ? null : applied,
        removing,
        gone,
        PodStep.Said.of(status.latest()));
  }

  synchronized void applyBegins(Pod pod) {
    applying = true;
    given = pod;
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
    given = null;
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

  synchronized PendingWrite pending() {
    return new PendingWrite(
        kindOrForwarded(), status, recordings, gone, applying, generation, own());
  }

  /** The primary has stored what was pending, and now reads {@code stored}. */
  synchronized void written(PendingWrite pending, @Nullable PodStatus stored) {
    status = status.written(stored);
    settled(pending);
  }

  /** The primary will never store this status as it is. */
  synchronized void refused(PodStatus refused) {
    status = status.refused(refused);
  }

  /** Notes what a write meant, and what the primary made of it. */
  synchronized void settle(PodStatus desired, PodStatus stored) {
    meant = desired;
    answered = stored;
  }

  /**
   * Whether {@code desired} was already made of {@code present}: what then differs is how the
   * primary writes it, and writing again would change nothing.
   */
  synchronized boolean isSettled(PodStatus desired, PodStatus present) {
    return desired.equals(meant) && present.equals(answered);
  }

  /** Takes the recordings out that were dealt with; who deals with them completes them. */
  synchronized void settled(PendingWrite pending) {
    List<PendingWrite.Recording> rest = new ArrayList<>(recordings);
    rest.removeAll(pending.recordings());
    recordings = List.copyOf(rest);
  }

  private Set<String> own() {
    if (recordedTypes.isEmpty()) {
      return pushedTypes;
    }
    Set<String> own = new HashSet<>(pushedTypes);
    own.removeAll(recordedTypes);
    return own;
  }

  /**
   * Before the watch has shown it, a pod that the provider speaks of can only be the provider's.
   */
  private PodKind kindOrForwarded() {
    return kind == null ? PodKind.FORWARDED : kind;
  }

  private static Set<String> withTypes(Set<String> types, List<PodCondition> conditions) {
    Set<String> more = new HashSet<>(types);
    for (PodCondition condition : conditions) {
      String type = condition.getType();
      if (type != null && !StatusMerge.isOfKubelet(type)) {
        more.add(type);
      }
    }
    return more.size() == types.size() ? types : Set.copyOf(more);
  }
}
