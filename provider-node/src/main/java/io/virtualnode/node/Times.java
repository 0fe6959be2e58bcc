package io.virtualnode.node;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** The two ways in which Kubernetes writes a time. */
final class Times {

  private static final int SECONDS_FORM_LENGTH = "2006-01-02T15:04:05Z".length();
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private Times() {}

  /** {@code metav1.Time}: whole seconds. */
  static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** {@code metav1.MicroTime}. */
  static String micros(Instant time) {
    return MICROS.format(time);
  }

  /**
   * The form in which an API server stores a {@code metav1.Time}, so that a value that was sent and
   * the value that came back are equal; what is no time is left for the server to refuse.
   */
  static @Nullable String asStored(@Nullable String time) {
    if (time == null || (time.length() == SECONDS_FORM_LENGTH && time.endsWith("Z"))) {
      return time;
    }
    try {
      return seconds(OffsetDateTime.parse(time).toInstant());
    } catch (DateTimeException e) {
      return time;
    }
  }
}
