package io.virtualnode.simulation.protocol;

/**
 * What a member has under one name.
 *
 * @param uid tells apart what has that name one after the other; 0 for what is not ours
 * @param deleting whether its deletion was accepted and its containers are being ended
 * @param standsFor the delegate that was taken back, in whose place this tombstone stands; 0 if it
 *     is none
 */
record Delegate(Phase phase, int uid, boolean deleting, int standsFor) {

  /** Where its life has come to; each step changes its resourceVersion. */
  enum Phase {
    /** Nobody has looked yet. */
    UNKNOWN,
    NONE,
    /** Somebody else's pod. */
    FOREIGN,
    TOMBSTONE,
    GATED,
    /** Nothing keeps the member from starting it. */
    OPEN,
    /** Bound; its containers have been started. */
    RUNNING,
    ENDED
  }

  static final Delegate UNKNOWN = new Delegate(Phase.UNKNOWN, 0, false, 0);
  static final Delegate NONE = new Delegate(Phase.NONE, 0, false, 0);
  static final Delegate FOREIGN = new Delegate(Phase.FOREIGN, 0, false, 0);

  boolean isOurs() {
    return phase.compareTo(Phase.TOMBSTONE) >= 0;
  }

  /** Whether it is ours and no tombstone. */
  boolean isDelegate() {
    return phase.compareTo(Phase.TOMBSTONE) > 0;
  }

  boolean isUnbound() {
    return phase == Phase.GATED || phase == Phase.OPEN;
  }

  /** Whether it runs, or may start without anybody's doing. */
  boolean mayRun() {
    return phase == Phase.OPEN || phase == Phase.RUNNING;
  }

  Delegate in(Phase next) {
    return new Delegate(next, uid, deleting, standsFor);
  }

  /** What is left after its deletion was accepted. */
  Delegate deleted() {
    return phase == Phase.RUNNING ? new Delegate(phase, uid, true, standsFor) : NONE;
  }
}
