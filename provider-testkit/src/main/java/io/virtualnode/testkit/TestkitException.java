package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** A local cluster, or what it is made of, could not be brought to the asked state. */
public final class TestkitException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What went wrong, for callers that tell a missing tool from a broken cluster. */
  public enum Reason {
    /** A binary was neither found nor downloaded nor built. */
    BINARY_MISSING,
    /** A process did not start, or ended on its own. */
    PROCESS_FAILED,
    /** A state was not reached in time. */
    TIMED_OUT,
    /** A file, a certificate or a port could not be prepared. */
    PREPARATION_FAILED
  }

  private final Reason reason;

  TestkitException(Reason reason, String message) {
    this(reason, message, null);
  }

  TestkitException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = requireNonNull(reason, "reason is null");
  }

  /** What went wrong. */
  public Reason reason() {
    return reason;
  }
}
