package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Quantity;

/** Amounts as a whole number of a resource's units: thousandths of cpu, ones of all others. */
final class Amounts {

  private Amounts() {}

  /** Whole units, rounded up as {@code NewResource} of kube-scheduler does. */
  static long of(String resource, Quantity quantity) {
    return rounded(resource, Amount.of(quantity));
  }

  /** Whole units of an exact amount, rounded up. */
  static long rounded(String resource, Amount amount) {
    return resource.equals(Resources.CPU) ? amount.millis() : amount.units();
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
