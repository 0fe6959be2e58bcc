package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** The two forms of an amount: the API's quantity and a whole number of units. */
final class Amounts {

  private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);
  private static final BigDecimal LARGEST = BigDecimal.valueOf(Long.MAX_VALUE);

  private Amounts() {}

  /** Whole units, rounded up as {@code Quantity.MilliValue} and {@code Quantity.Value} do. */
  static long of(String resource, Quantity quantity) {
    boolean millis = resource.equals(Resources.CPU);
    var digits = quantity.getAmount();
    var suffix = quantity.getFormat();
    if (digits != null && digits.length() < 16 && digits.chars().allMatch(Character::isDigit)) {
      if (suffix == null || suffix.isEmpty()) {
        return Long.parseLong(digits) * (millis ? 1000 : 1);
      }
      if (millis && suffix.equals("m")) {
        return Long.parseLong(digits);
      }
    }
    var amount = quantity.getNumericalAmount();
    return (millis ? amount.multiply(THOUSAND) : amount)
        .setScale(0, RoundingMode.CEILING)
        .min(LARGEST)
        .longValueExact();
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
