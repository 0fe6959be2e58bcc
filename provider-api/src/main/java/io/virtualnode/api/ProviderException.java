package io.virtualnode.api;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The one exception of providers: a reason that decides what the node does, and words for people.
 */
public final class ProviderException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as the node's next step depends on it. */
  public enum Reason {
    /** Something needed cannot be reached or is overloaded. Repeated with back-off; HTTP 503. */
    UNAVAILABLE(503),
    /** The pod, container or session does not exist here. HTTP 404. */
    NOT_FOUND(404),
    /**
     * The provider will never run this pod. From {@link Provider#apply}: the pod becomes Failed
     * with {@link #podReason} and the message; nothing is repeated. HTTP 422.
     */
    REJECTED(422),
    /** Another writer was faster: read again, then decide again. Repeated at once; HTTP 409. */
    CONFLICT(409),
    /** The caller asked for something malformed. Not repeated; HTTP 400. */
    INVALID(400);

    private final int httpStatus;

    Reason(int httpStatus) {
      this.httpStatus = httpStatus;
    }

    /** The status that the kubelet API answers with. */
    public int httpStatus() {
      return httpStatus;
    }
  }

  private final Reason reason;
  private final String podReason;

  /**
   * An error without a cause.
   *
   * @param message names the object, what was tried and what to do
   */
  public ProviderException(Reason reason, String message) {
    this(reason, "ProviderFailed", message, null);
  }

  /** An error that wraps another. */
  public ProviderException(Reason reason, String message, @Nullable Throwable cause) {
    this(reason, "ProviderFailed", message, cause);
  }

  /**
   * An error without a cause, with the word that {@code status.reason} of the pod shows.
   *
   * @param podReason a CamelCase word such as {@code OutOfcpu}
   * @param message names the object, what was tried and what to do
   */
  public ProviderException(Reason reason, String podReason, String message) {
    this(reason, podReason, message, null);
  }

  /**
   * An error that wraps another, with the word that {@code status.reason} of the pod shows.
   *
   * @param podReason a CamelCase word such as {@code OutOfcpu}
   */
  public ProviderException(
      Reason reason, String podReason, String message, @Nullable Throwable cause) {
    super(requireNonNull(message, "message is null"), cause);
    this.reason = requireNonNull(reason, "reason is null");
    this.podReason = requireNonNull(podReason, "podReason is null");
  }

  /** What decides the node's next step. */
  public Reason reason() {
    return reason;
  }

  /** The word for {@code status.reason} and for events. */
  public String podReason() {
    return podReason;
  }
}
