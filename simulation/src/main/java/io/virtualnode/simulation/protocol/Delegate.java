package io.virtualnode.simulation.protocol;

/**
 * What a member has under one name.
 *
 * @param uid tells apart what has that name one after the other; 0 for what is not ours
 * @param marked whether it has our finalizer
 * @param deleting whether its deletion was accepted
 */
record Delegate(Phase phase, int uid, boolean marked, boolean deleting) {

  /** Where its life has come to; each step changes its resourceVersion. */
  enum Phase {
    /** Nobody has looked yet. */
    UNKNOWN,
    NONE,
    /** Somebody else's pod. */
    FOREIGN,
    /** It was deleted while it was on no node, and is there because of its mark. */
    UNRUN,
    GATED,
    /** Nothing keeps the member from starting it. */
    OPEN,
    /** Bound; its containers have been started. */
    RUNNING,
    ENDED
  }

  static final Delegate UNKNOWN = new Delegate(Phase.UNKNOWN, 0, false, false);
  static final Delegate NONE = new Delegate(Phase.NONE, 0, false, false);
  static final Delegate FOREIGN = new Delegate(Phase.FOREIGN, 0, false, false);

  boolean isOurs() {
    return phase.compareTo(Phase.UNRUN) >= 0;
  }

  /** Whether it is ours, and not one that never comes to run. */
  boolean isDelegate() {
    return phase.compareTo(Phase.UNRUN) > 0;
  }

  boolean isUnbound() {
    return phase == Phase.GATED || phase == Phase.OPEN;
  }

  boolean isOnNode() {
    return phase == Phase.RUNNING || phase == Phase.ENDED;
  }

  /** Whether it runs, or may start without anybody's doing. */
  boolean mayRun() {
    return phase == Phase.OPEN || phase == Phase.RUNNING;
  }

  Delegate in(Phase next) {
    return new Delegate(next, uid, marked, deleting);
  }

  Delegate withMark() {
    return new Delegate(phase, uid, true, deleting);
  }

  /** What is left without the mark: nothing of what had only that left. */
  Delegate withoutMark() {
    boolean over = phase == Phase.UNRUN || (phase == Phase.ENDED && deleting);
    return over ? NONE : new Delegate(phase, uid, false, deleting);
  }

  /** What is left after its deletion was accepted. */
  Delegate deleted() {
    return switch (phase) {
      case GATED, OPEN -> marked ? new Delegate(Phase.UNRUN, uid, true, true) : NONE;
      case RUNNING -> new Delegate(phase, uid, marked, true);
      case ENDED -> marked ? new Delegate(phase, uid, true, true) : NONE;
      case UNRUN -> this;
      case UNKNOWN, NONE, FOREIGN -> NONE;
    };
  }
}
