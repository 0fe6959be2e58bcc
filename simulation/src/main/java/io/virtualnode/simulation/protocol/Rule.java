package io.virtualnode.simulation.protocol;

/** The rules of the protocol, each of which can be left out to see what goes wrong. */
enum Rule {
  /** A delegate is created with a gate, which a second write opens. */
  GATED_CREATES,
  /** The gate's opening names the delegate's UID. */
  OPEN_BY_UID,
  /** Before the gate is opened, the proxy's status says which UID may run. */
  RECORDED_UID,
  /** What was taken back is replaced by a tombstone before the intent moves. */
  TOMBSTONES,
  /** A tombstone says which UID it stands for, and proves nothing of any other. */
  TOMBSTONE_BY_UID,
  /** A delegate is taken back on condition of its resourceVersion. */
  TAKE_BACK_BY_VERSION,
  /** Intents are stored on condition of the proxy's resourceVersion. */
  INTENT_BY_VERSION,
  /** An intent that met another version is decided anew, not sent again on top of that one. */
  DECIDED_ANEW,
  /** Delegates are deleted on condition of their UID. */
  DELETE_BY_UID,
  /** The proxy is finally deleted on condition of its UID. */
  FINISH_BY_UID,
  /** An orphan is removed only after the primary was asked for its proxy. */
  LIVE_GET,
  /** Once a delegate was seen, none is created again. */
  NEVER_AGAIN,
  /** The proxy is finally deleted only when its delegate is gone. */
  GONE_FIRST
}
