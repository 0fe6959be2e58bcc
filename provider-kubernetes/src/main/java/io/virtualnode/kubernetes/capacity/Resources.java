package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An immutable amount of each of several resources: {@code cpu} in thousandths of a core, every
 * other resource in its base unit (bytes, pieces), as kube-scheduler's {@code NodeInfo} keeps them.
 *
 * <p>Integer arithmetic only; a resource that is not named counts as 0. Amounts may be negative,
 * for instance what is left of an over-full node.
 */
public final class Resources {

  /** The name of the resource that counts pods; every pod requests one. */
  public static final String PODS = "pods";

  /** The name of the resource measured in thousandths. */
  public static final String CPU = "cpu";

  /** Nothing of anything. */
  public static final Resources NONE = new Resources(new String[0], new long[0]);

  final String[] names; // sorted, interned, no duplicates; shared, so never written to
  final long[] amounts; // never written to once this is made

  /** Takes both arrays as they are. */
  Resources(String[] names, long[] amounts) {
    this.names = names;
    this.amounts = amounts;
  }

  /** The given amounts, cpu in thousandths of a core. */
  public static Resources of(Map<String, Long> amounts) {
    var sorted = new TreeMap<>(amounts);
    var names = new String[sorted.size()];
    var values = new long[sorted.size()];
    int i = 0;
    for (var entry : sorted.entrySet()) {
      names[i] = entry.getKey().intern();
      values[i++] = entry.getValue();
    }
    return new Resources(names, values);
  }

  /** The amounts of a resource list of the API, each rounded up to a whole unit. */
  public static Resources ofQuantities(@Nullable Map<String, Quantity> quantities) {
    if (quantities == null || quantities.isEmpty()) {
      return NONE;
    }
    var amounts = new TreeMap<String, Long>();
    quantities.forEach((name, quantity) -> amounts.put(name, Amounts.of(name, quantity)));
    return of(amounts);
  }

  /** Exact amounts, each rounded up to a whole unit. */
  static Resources ofExact(Map<String, Amount> exact) {
    var amounts = new TreeMap<String, Long>();
    exact.forEach((name, amount) -> amounts.put(name, Amounts.rounded(name, amount)));
    return of(amounts);
  }

  /** The amount of one resource, 0 if it is not named. */
  public long get(String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return amounts[i];
      }
    }
    return 0;
  }

  /** Whether every amount is 0. */
  public boolean isNothing() {
    for (long amount : amounts) {
      if (amount != 0) {
        return false;
      }
    }
    return true;
  }

  /** The names, sorted. */
  public List<String> names() {
    return List.of(names);
  }

  /** The sum, resource by resource. */
  public Resources plus(Resources other) {
    return other.names.length == 0 ? this : combine(other, Long::sum);
  }

  /** The difference, resource by resource; may be negative. */
  public Resources minus(Resources other) {
    return other.names.length == 0 ? this : combine(other, (a, b) -> a - b);
  }

  /** The difference, only of the resources that this names; may be negative. */
  Resources minusNamed(Resources other) {
    if (other.names.length == 0) {
      return this;
    }
    if (Arrays.equals(names, other.names)) {
      return minus(other);
    }
    var result = new long[amounts.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = amounts[i] - other.get(names[i]);
    }
    return new Resources(names, result);
  }

  /** The greater of the two, resource by resource. */
  public Resources max(Resources other) {
    return combine(other, Math::max);
  }

  /**
   * The smaller of the two, resource by resource, where a resource that is not named counts as 0.
   */
  public Resources min(Resources other) {
    return combine(other, Math::min);
  }

  /** The smaller of the two for the resources that {@code cap} names, this one's for the others. */
  public Resources cappedBy(Resources cap) {
    var result = amounts.clone();
    for (int i = 0; i < names.length; i++) {
      int j = Arrays.binarySearch(cap.names, names[i]);
      if (j >= 0) {
        result[i] = Math.min(amounts[i], cap.amounts[j]);
      }
    }
    return new Resources(names, result);
  }

  /** This, with negative amounts raised to 0. */
  public Resources nonNegative() {
    var result = amounts.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] = Math.max(0, result[i]);
    }
    return new Resources(names, result);
  }

  /** Only the resources that {@code other} names, each of them. */
  public Resources namedBy(Resources other) {
    var result = new long[other.names.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = get(other.names[i]);
    }
    return new Resources(other.names, result);
  }

  /**
   * Whether all of this fits into {@code room}. As in kube-scheduler, a resource that is requested
   * with amount 0 always fits.
   */
  public boolean fitsInto(Resources room) {
    for (int i = 0; i < names.length; i++) {
      if (amounts[i] > 0 && amounts[i] > room.get(names[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether no resource that is requested is overdrawn here. */
  boolean isNonNegativeIn(Resources request) {
    for (int i = 0; i < names.length; i++) {
      if (amounts[i] < 0 && request.get(names[i]) > 0) {
        return false;
      }
    }
    return true;
  }

  /** The resources, by name, of which {@code room} has not enough. */
  public List<String> lackingIn(Resources room) {
    var lacking = new ArrayList<String>();
    for (int i = 0; i < names.length; i++) {
      if (amounts[i] > 0 && amounts[i] > room.get(names[i])) {
        lacking.add(names[i]);
      }
    }
    return lacking;
  }

  /** The API's form: cpu as {@code 1500m} or whole cores, all others as plain integers. */
  public Map<String, Quantity> toQuantities() {
    var result = new LinkedHashMap<String, Quantity>();
    for (int i = 0; i < names.length; i++) {
      result.put(names[i], Amounts.toQuantity(names[i], amounts[i]));
    }
    return result;
  }

  /** Sums, differences and the like over the union of names; both name arrays are sorted. */
  private Resources combine(Resources other, LongBinaryOperator operator) {
    if (Arrays.equals(names, other.names)) {
      var result = new long[amounts.length];
      for (int i = 0; i < result.length; i++) {
        result[i] = operator.applyAsLong(amounts[i], other.amounts[i]);
      }
      return new Resources(names, result);
    }
    var union = new String[names.length + other.names.length];
    var result = new long[union.length];
    int size = 0;
    for (int i = 0, j = 0; i < names.length || j < other.names.length; size++) {
      int order =
          i == names.length ? 1 : j == other.names.length ? -1 : names[i].compareTo(other.names[j]);
      union[size] = order <= 0 ? names[i] : other.names[j];
      result[size] =
          operator.applyAsLong(order <= 0 ? amounts[i] : 0, order >= 0 ? other.amounts[j] : 0);
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return new Resources(Arrays.copyOf(union, size), Arrays.copyOf(result, size));
  }

  /** Equal when each resource's amount is, a resource that is not named being 0. */
  @Override
  public boolean equals(@Nullable Object object) {
    if (!(object instanceof Resources other)) {
      return false;
    }
    if (Arrays.equals(names, other.names)) {
      return Arrays.equals(amounts, other.amounts);
    }
    var difference = minus(other);
    for (long amount : difference.amounts) {
      if (amount != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int hash = 0;
    for (int i = 0; i < names.length; i++) {
      hash += amounts[i] == 0 ? 0 : names[i].hashCode() ^ Long.hashCode(amounts[i]);
    }
    return hash;
  }

  @Override
  public String toString() {
    var text = new StringBuilder("{");
    for (int i = 0; i < names.length; i++) {
      text.append(i == 0 ? "" : ", ")
          .append(names[i])
          .append('=')
          .append(Amounts.toQuantity(names[i], amounts[i]));
    }
    return text.append('}').toString();
  }
}
