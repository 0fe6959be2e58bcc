package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The three forms of an amount: the API's quantity, its exact value, a whole number of units. */
final class Amounts {

  private static final BigDecimal LARGEST = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final BigDecimal KIBI = BigDecimal.valueOf(1024);
  private static final Map<String, BigDecimal> FACTORS =
      Map.ofEntries(
          Map.entry("", BigDecimal.ONE),
          Map.entry("n", BigDecimal.ONE.movePointLeft(9)),
          Map.entry("u", BigDecimal.ONE.movePointLeft(6)),
          Map.entry("m", BigDecimal.ONE.movePointLeft(3)),
          Map.entry("k", BigDecimal.TEN.pow(3)),
          Map.entry("M", BigDecimal.TEN.pow(6)),
          Map.entry("G", BigDecimal.TEN.pow(9)),
          Map.entry("T", BigDecimal.TEN.pow(12)),
          Map.entry("P", BigDecimal.TEN.pow(15)),
          Map.entry("E", BigDecimal.TEN.pow(18)),
          Map.entry("Ki", KIBI),
          Map.entry("Mi", KIBI.pow(2)),
          Map.entry("Gi", KIBI.pow(3)),
          Map.entry("Ti", KIBI.pow(4)),
          Map.entry("Pi", KIBI.pow(5)),
          Map.entry("Ei", KIBI.pow(6)));

  private Amounts() {}

  /** Whole units, rounded up as {@code Quantity.MilliValue} and {@code Quantity.Value} do. */
  static long of(String resource, Quantity quantity) {
    boolean millis = resource.equals(Resources.CPU);
    var digits = quantity.getAmount();
    var suffix = quantity.getFormat();
    if (isShortInteger(digits)) {
      if (suffix == null || suffix.isEmpty()) {
        return Long.parseLong(digits) * (millis ? 1000 : 1);
      }
      if (millis && suffix.equals("m")) {
        return Long.parseLong(digits);
      }
    }
    return rounded(resource, exact(quantity));
  }

  /** Whole units of an exact amount, rounded up. */
  static long rounded(String resource, BigDecimal amount) {
    return (resource.equals(Resources.CPU) ? amount.movePointRight(3) : amount)
        .setScale(0, RoundingMode.CEILING)
        .min(LARGEST)
        .longValueExact();
  }

  /**
   * The exact value in cores, bytes or pieces. {@code Quantity.getNumericalAmount} keeps 16 digits
   * only.
   */
  static BigDecimal exact(Quantity quantity) {
    var digits = quantity.getAmount();
    var suffix = quantity.getFormat() == null ? "" : quantity.getFormat();
    var number =
        isShortInteger(digits) ? BigDecimal.valueOf(Long.parseLong(digits)) : decimal(digits);
    if (suffix.isEmpty()) {
      return number;
    }
    var factor = FACTORS.get(suffix);
    return factor != null
        ? number.multiply(factor)
        : number.multiply(new BigDecimal("1" + suffix)); // an exponent: e3, E-2
  }

  private static BigDecimal decimal(@Nullable String digits) {
    if (digits == null) {
      throw new IllegalArgumentException("a quantity has no amount");
    }
    return new BigDecimal(digits);
  }

  private static boolean isShortInteger(@Nullable String digits) {
    return digits != null
        && !digits.isEmpty()
        && digits.length() < 16
        && digits.chars().allMatch(Character::isDigit);
  }

  static Quantity toQuantity(String resource, long amount) {
    if (!resource.equals(Resources.CPU)) {
      return new Quantity(Long.toString(amount));
    }
    return amount % 1000 == 0
        ? new Quantity(Long.toString(amount / 1000))
        : new Quantity(Long.toString(amount), "m");
  }
}
