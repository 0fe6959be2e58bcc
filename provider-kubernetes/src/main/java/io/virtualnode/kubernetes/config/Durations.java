package io.virtualnode.kubernetes.config;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/** Durations as Kubernetes writes them: {@code 500ms}, {@code 1s}, {@code 1m30s}, {@code 2h}. */
public final class Durations {

  private static final Pattern WHOLE = Pattern.compile("([0-9]{1,9}(ms|s|m|h))+");
  private static final Pattern PART = Pattern.compile("([0-9]+)(ms|s|m|h)");

  private Durations() {}

  /** What is wrong with the text; empty if it is one. */
  public static Optional<String> fault(String text) {
    return WHOLE.matcher(text).matches()
        ? Optional.empty()
        : Optional.of(Syntax.quote(text) + " is not a duration (such as 500ms, 1s or 1m30s)");
  }

  /** The duration that a text without fault says. */
  public static Duration parse(String text) {
    var total = Duration.ZERO;
    var parts = PART.matcher(text);
    while (parts.find()) {
      var amount = Long.parseLong(parts.group(1));
      total =
          switch (parts.group(2)) {
            case "ms" -> total.plusMillis(amount);
            case "s" -> total.plusSeconds(amount);
            case "m" -> total.plusMinutes(amount);
            default -> total.plusHours(amount);
          };
    }
    return total;
  }
}
