package io.virtualnode.simulation.protocol;

/**
 * The pod in the primary, or what is known of it.
 *
 * @param version its resourceVersion: the number of its writes, counted from any of them
 * @param intent where its delegate is to be
 * @param named the delegate that may be opened, if the intent names it; 0 for none
 * @param ran whether its status says that it has run
 */
record Proxy(Presence presence, int version, Place intent, int named, boolean ran, End end) {

  /** Whether there is one. */
  enum Presence {
    /** Not shown; whether it exists was not asked. */
    ABSENT,
    LIVE,
    DELETING,
    GONE,
    /** Gone, and another pod has its name. */
    REPLACED
  }

  /** What its terminal status says. */
  enum End {
    NONE,
    /** The end of its delegate. */
    TOLD,
    /** Failed, DelegateLost. */
    LOST
  }

  /** Any version before the present one. */
  static final int PAST = -1;

  static final Proxy ABSENT = nothing(Presence.ABSENT);
  static final Proxy GONE = nothing(Presence.GONE);
  static final Proxy REPLACED = nothing(Presence.REPLACED);
  static final Proxy NEW = new Proxy(Presence.LIVE, 0, Place.NOWHERE, 0, false, End.NONE);

  private static Proxy nothing(Presence presence) {
    return new Proxy(presence, 0, Place.NOWHERE, 0, false, End.NONE);
  }

  /** With its version counted from that one; what is before it is all the same. */
  Proxy since(int start) {
    if (!exists()) {
      return this;
    }
    int counted = Math.max(version - start, PAST);
    return counted == version ? this : new Proxy(presence, counted, intent, named, ran, end);
  }

  boolean exists() {
    return presence == Presence.LIVE || presence == Presence.DELETING;
  }

  Proxy intended(Place place, int uid) {
    return new Proxy(presence, version + 1, place, uid, ran, end);
  }

  Proxy running() {
    return new Proxy(presence, version + 1, intent, named, true, end);
  }

  Proxy ended(End how) {
    return new Proxy(presence, version + 1, intent, named, ran, how);
  }

  /** After somebody has deleted it with grace; what is terminal goes at once. */
  Proxy deleted() {
    return end == End.NONE
        ? new Proxy(Presence.DELETING, version + 1, intent, named, ran, end)
        : GONE;
  }
}
