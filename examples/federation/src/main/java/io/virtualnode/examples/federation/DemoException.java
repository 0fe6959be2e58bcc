package io.virtualnode.examples.federation;

/** The demonstration cannot go on; the message says all that there is to say. */
final class DemoException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  DemoException(String message) {
    super(message);
  }
}
