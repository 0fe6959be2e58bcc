package io.virtualnode.simulation.protocol;

/** The rules of the protocol, each of which can be left out to see what goes wrong. */
enum Rule {
  /** A delegate is created with a gate, which a second write opens. */
  GATED_CREATES,
  /** The gate's opening names the delegate's UID. */
  OPEN_BY_UID,
  /** The intent says which UID may run. */
  NAMED_UID,
  /** A delegate is taken back on condition of its resourceVersion. */
  TAKE_BACK_BY_VERSION,
  /** It is given a finalizer before, so that it stays to show that it never ran. */
  MARKED,
  /** That comes off what never ran only when another delegate is intended. */
  KEPT_UNTIL_MOVED,
  /** And it comes off what was not taken back after all. */
  UNMARKED,
  /** Intents are stored on condition of the proxy's resourceVersion. */
  INTENT_BY_VERSION,
  /** An intent that met another version is decided anew, not sent again on top of that one. */
  DECIDED_ANEW,
  /** What was created and is not intended is deleted only when no intent can name it any more. */
  PAST_STRAYS,
  /** Delegates are deleted on condition of their UID. */
  DELETE_BY_UID,
  /** The proxy is finally deleted on condition of its UID. */
  FINISH_BY_UID,
  /** An orphan is removed only after the primary was asked for its proxy. */
  LIVE_GET,
  /**
   * Where the intended delegate is not there, and nothing shows that it never ran, none follows.
   */
  NEVER_AGAIN,
  /** The proxy is finally deleted only when its delegate is gone. */
  GONE_FIRST
}
