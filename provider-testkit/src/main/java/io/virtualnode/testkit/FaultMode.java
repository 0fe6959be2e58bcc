package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;

import io.virtualnode.testkit.FaultProxy.Direction;
import java.time.Duration;

/** What a {@link FaultProxy} does to connections, as a value. */
record FaultMode(Reception reception, Flow requests, Flow answers) {

  /** What becomes of those who connect, and of those who are connected. */
  enum Reception {
    /** They are taken, and kept. */
    TAKE,
    /** Nothing listens; what was there is closed. */
    REFUSE,
    /** They are reset as soon as they are there. */
    RESET
  }

  /** What becomes of bytes on their way. */
  sealed interface Flow {

    /** They come, later by so much. */
    record Pass(Duration delay) implements Flow {}

    /** They stay where they are; nothing is lost. */
    record Hold() implements Flow {}

    /** They are lost. */
    record Swallow() implements Flow {}

    default boolean swallows() {
      return this instanceof Swallow;
    }

    default boolean holds() {
      return this instanceof Hold;
    }

    /** By how much it delays, in nanoseconds. */
    default long delayNanos() {
      return this instanceof Pass pass ? pass.delay().toNanos() : 0;
    }
  }

  private static final Flow AT_ONCE = new Flow.Pass(Duration.ZERO);

  static final FaultMode PASS = taking(AT_ONCE, AT_ONCE);
  static final FaultMode CUT = new FaultMode(Reception.REFUSE, AT_ONCE, AT_ONCE);
  static final FaultMode RESET = new FaultMode(Reception.RESET, AT_ONCE, AT_ONCE);

  static FaultMode both(Flow flow) {
    return taking(flow, flow);
  }

  static FaultMode oneWay(Direction direction, Flow flow) {
    return switch (requireNonNull(direction, "direction is null")) {
      case REQUESTS -> taking(flow, AT_ONCE);
      case ANSWERS -> taking(AT_ONCE, flow);
    };
  }

  static Flow delaying(Duration delay) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay is negative: " + delay);
    }
    return new Flow.Pass(delay);
  }

  private static FaultMode taking(Flow requests, Flow answers) {
    return new FaultMode(Reception.TAKE, requests, answers);
  }

  Flow flow(Direction direction) {
    return switch (direction) {
      case REQUESTS -> requests;
      case ANSWERS -> answers;
    };
  }
}
