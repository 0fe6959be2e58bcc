package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.placement.SlotCollector.Unbound;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The wide pods, not bound yet, to which a slot that ends may be passed on, in their order.
 *
 * <p>Offered a core at a time a slot that ends would be gone as soon as the scheduler looks at
 * small pods first, as it does while a wide one is in its back-off. If it makes a whole slot for
 * the first heir, it is therefore collected for that one in the same instant: nothing has to be
 * drained. From then on it is a claim like any other, which the {@link SlotCollector} keeps or
 * ends.
 *
 * <p>Not thread-safe: used under the ledger's lock.
 */
final class Heirs {

  private final Ledger ledger;
  private final Placement placement;
  private final Deque<Unbound> line = new ArrayDeque<>();

  Heirs(Ledger ledger, Placement placement) {
    this.ledger = ledger;
    this.placement = placement;
  }

  /** Replaces those who stand in line. */
  void set(Collection<Unbound> inOrder) {
    line.clear();
    line.addAll(inOrder);
  }

  /**
   * Lets a slot end, for the first heir if that makes a whole slot for it. It is not offered before
   * the collector's owner says so: the scheduler is to be told first for whom it is.
   */
  void passOn(Runnable end) {
    var heir = first();
    end.run();
    if (heir != null) {
      var demand = heir.demand();
      placement
          .choice(demand)
          .ifPresent(
              node -> {
                ledger.withhold(demand.proxyUid(), node, demand.request());
                ledger.setOffered(demand.proxyUid(), false);
              });
    }
  }

  /** The first in line that needs a slot. Who needs none is out of line until it is set again. */
  private @Nullable Unbound first() {
    while (!line.isEmpty() && !needsSlot(line.getFirst().demand())) {
      line.removeFirst();
    }
    return line.peekFirst();
  }

  /** Whether it has not been bound meanwhile, and some node could take it but none can now. */
  private boolean needsSlot(Demand demand) {
    return !ledger.isCounted(demand.proxyUid())
        && placement.whereToCollect(demand, Set.of()).isPresent();
  }
}
