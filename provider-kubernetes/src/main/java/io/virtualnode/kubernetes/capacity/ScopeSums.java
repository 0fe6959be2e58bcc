package io.virtualnode.kubernetes.capacity;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the proxies of each scope hold of what is offered, and what is given back for them. */
final class ScopeSums {

  private final Map<Scope, Sum> sums = new HashMap<>();

  private static final class Sum {
    private final Tally bound = new Tally();
    private final Tally ours = new Tally();
    private final Tally credits = new Tally();
  }

  void add(ProxyAccount proxy) {
    for (var scope : around(proxy.scope)) {
      var sum = sums.computeIfAbsent(scope, s -> new Sum());
      if (proxy.request != null) {
        sum.bound.add(proxy.request);
      }
      sum.ours.add(proxy.counted);
      if (proxy.credit != null) {
        sum.credits.add(proxy.credit);
      }
    }
  }

  void subtract(ProxyAccount proxy) {
    for (var scope : around(proxy.scope)) {
      var sum = sums.get(scope);
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
  }

  /** The scope and those that it is part of. */
  private static List<Scope> around(Scope scope) {
    if (scope instanceof Scope.OfNode node) {
      return List.of(scope, new Scope.OfMember(node.node().member()), Scope.WHOLE);
    }
    return scope.equals(Scope.WHOLE) ? List.of(scope) : List.of(scope, Scope.WHOLE);
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
