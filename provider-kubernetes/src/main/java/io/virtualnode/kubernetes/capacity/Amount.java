package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An exact amount of a resource, with the arithmetic of {@code resource.Quantity} in {@code
 * k8s.io/apimachinery/pkg/api/resource} (quantity.go, amount.go, scale_int.go, v0.37.2), so that
 * what does not fit 64 bits overflows as it does in kube-scheduler.
 *
 * <p>Like {@code Quantity} it is kept as 64-bit digits and a power of ten while it can be, and as a
 * decimal of any length otherwise. That shows in one place only, when whole units do not fit 64
 * bits: most often they read as their low 64 bits then, and sometimes as 0. (The scheduler takes a
 * pod that asks for 10P cores for one that asks for none.) A ledger that read anything else would
 * hold, or give back, what the scheduler never subtracted.
 */
final class Amount implements Comparable<Amount> {

  static final Amount ZERO = new Amount(0, 0, null);

  private static final int NANO = -9;
  private static final int LONGEST = 18; // digits; maxInt64Factors in math.go
  private static final BigDecimal LARGEST_BINARY = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final List<String> BINARY = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei");
  private static final Map<String, Integer> DECIMAL =
      Map.of("n", -9, "u", -6, "m", -3, "", 0, "k", 3, "M", 6, "G", 9, "T", 12, "P", 15, "E", 18);

  private final long digits;
  private final int exponent; // the power of ten that the digits are multiplied by
  private final @Nullable BigDecimal decimal; // instead of digits and exponent

  private Amount(long digits, int exponent, @Nullable BigDecimal decimal) {
    this.digits = digits;
    this.exponent = exponent;
    this.decimal = decimal;
  }

  /**
   * Reads a quantity as {@code ParseQuantity} does; fabric8's {@code getNumericalAmount} keeps 16
   * digits only.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Amount of(Quantity quantity) {
    var number = quantity.getAmount();
    var suffix = quantity.getFormat() == null ? "" : quantity.getFormat();
    if (number == null || number.isEmpty()) {
      throw new IllegalArgumentException("a quantity has no amount");
    }
    int binary = BINARY.indexOf(suffix);
    return binary > 0
        ? binary(number, 10 * binary)
        : decimal(number, DECIMAL.containsKey(suffix) ? DECIMAL.get(suffix) : exponent(suffix));
  }

  private static int exponent(String suffix) {
    if (suffix.length() < 2 || Character.toLowerCase(suffix.charAt(0)) != 'e') {
      throw new IllegalArgumentException("a quantity cannot end with " + suffix);
    }
    return Integer.parseInt(suffix.substring(1));
  }

  private static Amount decimal(String number, int exponent) {
    int point = number.indexOf('.');
    int fraction = point < 0 ? 0 : number.length() - point - 1;
    if (digitCount(number) <= LONGEST && exponent - fraction >= NANO) {
      var digits = point < 0 ? number : new StringBuilder(number).deleteCharAt(point).toString();
      return new Amount(Long.parseLong(digits), exponent - fraction, null);
    }
    return big(new BigDecimal(number).scaleByPowerOfTen(exponent));
  }

  private static Amount binary(String number, int power) {
    // As ParseQuantity guesses whether the product fits 64 bits.
    int spare = 15 - digitCount(number) - power * 3 / 10 - 1;
    if (spare >= 0 && number.indexOf('.') < 0) {
      return new Amount(Math.multiplyExact(Long.parseLong(number), 1L << power), 0, null);
    }
    var factor = new BigDecimal(BigInteger.ONE.shiftLeft(power));
    return big(new BigDecimal(number).multiply(factor).min(LARGEST_BINARY));
  }

  private static Amount big(BigDecimal value) {
    return new Amount(0, 0, value.scale() > -NANO ? value.setScale(-NANO, RoundingMode.UP) : value);
  }

  /** Without sign, point and zeros in front; a whole part of 0 counts as one digit. */
  private static int digitCount(String number) {
    int count = 0;
    boolean whole = true;
    for (int i = 0; i < number.length(); i++) {
      char c = number.charAt(i);
      if (c == '.') {
        count = Math.max(1, count);
        whole = false;
      } else if (c != '-' && c != '+' && (c != '0' || count > 0 || !whole)) {
        count++;
      }
    }
    return Math.max(1, count);
  }

  /** The sum, exact ({@code Quantity.Add}). */
  Amount plus(Amount other) {
    if (decimal == null && other.decimal == null) {
      if (other.digits == 0) {
        return this;
      }
      if (digits == 0) {
        return other;
      }
      int smaller = Math.min(exponent, other.exponent);
      try {
        return new Amount(Math.addExact(digitsAt(smaller), other.digitsAt(smaller)), smaller, null);
      } catch (ArithmeticException e) {
        // Too long for 64 bits: added as decimals.
      }
    }
    return new Amount(0, 0, exact().add(other.exact()));
  }

  /** Whole units, rounded up ({@code Quantity.Value}). */
  long units() {
    return wholes(0);
  }

  /** Whole thousandths, rounded up ({@code Quantity.MilliValue}). */
  long millis() {
    return wholes(-3);
  }

  private long wholes(int unit) {
    if (decimal != null) {
      return decimal
          .scaleByPowerOfTen(-unit)
          .setScale(0, RoundingMode.CEILING)
          .toBigInteger()
          .longValue();
    }
    if (exponent < unit) {
      long divisor = powerOfTen(unit - exponent);
      return digits / divisor + Long.signum(digits % divisor);
    }
    try {
      return digitsAt(unit);
    } catch (ArithmeticException e) {
      // positiveScaleInt64 multiplies at once by these powers and step by step by all others.
      return switch (exponent - unit) {
        case 1, 2, 3, 6, 9 -> digits * powerOfTen(exponent - unit);
        default -> 0;
      };
    }
  }

  /**
   * The digits at a smaller power of ten.
   *
   * @throws ArithmeticException if they do not fit 64 bits
   */
  private long digitsAt(int smaller) {
    if (digits == 0) {
      return 0;
    }
    long places = (long) exponent - smaller;
    if (places > LONGEST) {
      throw new ArithmeticException("long overflow");
    }
    return Math.multiplyExact(digits, powerOfTen(places));
  }

  private static long powerOfTen(long power) {
    long result = 1;
    for (int i = 0; i < power; i++) {
      result *= 10;
    }
    return result;
  }

  /** The value itself. */
  BigDecimal exact() {
    return decimal == null ? BigDecimal.valueOf(digits, -exponent) : decimal;
  }

  @Override
  public int compareTo(Amount other) {
    return decimal == null && other.decimal == null && exponent == other.exponent
        ? Long.compare(digits, other.digits)
        : exact().compareTo(other.exact());
  }

  /** The greater of the two, this one if they are equal. */
  Amount max(Amount other) {
    return other.compareTo(this) > 0 ? other : this;
  }

  @Override
  public boolean equals(@Nullable Object object) {
    return object instanceof Amount other && compareTo(other) == 0;
  }

  @Override
  public int hashCode() {
    return exact().stripTrailingZeros().hashCode();
  }

  @Override
  public String toString() {
    return exact().stripTrailingZeros().toPlainString();
  }
}
