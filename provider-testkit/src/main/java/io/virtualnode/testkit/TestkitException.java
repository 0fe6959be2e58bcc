package io.virtualnode.testkit;

import org.jspecify.annotations.Nullable;

/** The testkit could not do what was asked; the message says what, and what to do about it. */
public final class TestkitException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** An error without a cause. */
  public TestkitException(String message) {
    this(message, null);
  }

  /** An error that wraps another. */
  public TestkitException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
