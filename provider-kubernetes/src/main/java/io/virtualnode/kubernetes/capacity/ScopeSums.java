package io.virtualnode.kubernetes.capacity;

import java.util.HashMap;
import java.util.Map;

/**
 * What the proxies of each virtual node hold of what is offered, and what is given back for them.
 * Each is named by what it stands for; one that stands for more has nothing of another's proxies.
 */
final class ScopeSums {

  private final Map<Scope, Sum> sums = new HashMap<>();

  private static final class Sum {
    private final Tally bound = new Tally();
    private final Tally ours = new Tally();
    private final Tally credits = new Tally();
  }

  void add(ProxyAccount proxy) {
    var sum = sums.computeIfAbsent(proxy.scope, scope -> new Sum());
    if (proxy.request != null) {
      sum.bound.add(proxy.request);
    }
    sum.ours.add(proxy.counted);
    if (proxy.credit != null) {
      sum.credits.add(proxy.credit);
    }
  }

  void subtract(ProxyAccount proxy) {
    var sum = sums.get(proxy.scope);
    if (sum != null) {
      if (proxy.request != null) {
        sum.bound.subtract(proxy.request);
      }
      sum.ours.subtract(proxy.counted);
      if (proxy.credit != null) {
        sum.credits.subtract(proxy.credit);
      }
    }
  }

  /** What the slots of the scope's proxies hold, as far as the scheduler has subtracted it. */
  Resources ours(Scope scope) {
    var sum = sums.get(scope);
    return sum == null ? Resources.NONE : sum.ours.toResources();
  }

  /** What the scope's proxies request beyond what they hold and what is given back. */
  Resources waiting(Scope scope) {
    var sum = sums.get(scope);
    return sum == null
        ? Resources.NONE
        : sum.bound.toResources().minus(sum.ours.toResources()).minus(sum.credits.toResources());
  }

  /** The requests of the scope's proxies that are given back. */
  Resources credits(Scope scope) {
    var sum = sums.get(scope);
    return sum == null ? Resources.NONE : sum.credits.toResources();
  }
}
