package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** Why a virtual node cannot be run; a reason for programs and words for people. */
public final class NodeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Reason {
    /**
     * A Node of that name exists and is not a virtual node of ours; it is never taken over. Choose
     * another name, or delete that Node if nothing stands behind it.
     */
    NAME_TAKEN,
    /** The primary refuses the Node as malformed; its message says which field. */
    INVALID,
    /**
     * The primary is in an older state than it was: it was restored from a backup. What is known of
     * it is worth nothing, and what is watched would go on in a future that it does not know. Start
     * anew.
     */
    PRIMARY_RESTORED,
    /** The provider threw from {@link io.virtualnode.api.Provider#start}. */
    PROVIDER_FAILED,
    /** The node was closed before it had become ready. */
    CLOSED,
    /** Waiting was given up before the node was ready; it goes on trying. */
    TIMEOUT
  }

  private final Reason reason;

  NodeException(Reason reason, String message, @Nullable Throwable cause) {
    super(requireNonNull(message, "message is null"), cause);
    this.reason = requireNonNull(reason, "reason is null");
  }

  /** What went wrong, for programs. */
  public Reason reason() {
    return reason;
  }
}
