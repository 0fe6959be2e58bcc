package io.virtualnode.kubernetes;

import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.placement.Decision;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.Placement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ledger with the proxies that wait for room in it, shared by threads.
 *
 * <p>Every change is followed, on the account's own thread and once for many changes, by placing
 * what waits and publishing what may be offered.
 */
final class Account {

  private static final Logger log = LoggerFactory.getLogger(Account.class);

  private final Ledger ledger = new Ledger(); // guarded by this
  private final Map<PodKey, Waiting> waiting = new LinkedHashMap<>(); // guarded by this
  private final Executor executor;
  private final Consumer<Resources> publisher;
  private final BiConsumer<PodKey, Decision> decided;
  private final AtomicBoolean settling = new AtomicBoolean();

  private record Waiting(Demand demand, Optional<Decision> lastDecision) {}

  /**
   * An empty account.
   *
   * @param executor where waiting proxies are placed and the offer is published, one task at a time
   * @param publisher takes what may be offered
   * @param decided told when the decision for a waiting proxy is another than before
   */
  Account(Executor executor, Consumer<Resources> publisher, BiConsumer<PodKey, Decision> decided) {
    this.executor = executor;
    this.publisher = publisher;
    this.decided = decided;
  }

  /** Changes the ledger, then settles soon. */
  void update(Consumer<Ledger> change) {
    synchronized (this) {
      change.accept(ledger);
    }
    settleSoon();
  }

  /** Reads the ledger. */
  synchronized <T> T read(Function<Ledger, T> question) {
    return question.apply(ledger);
  }

  /**
   * Finds a slot for a proxy and reserves it, or lets it wait for one behind those that wait
   * already. A proxy that waited and was placed meanwhile finds its slot here.
   */
  Decision place(PodKey proxy, Demand demand) {
    Decision decision;
    Map<PodKey, Decision> changed;
    synchronized (this) {
      var slot = ledger.slot(proxy.uid());
      if (slot.isPresent()) {
        waiting.remove(proxy);
        return new Decision.Placed(slot.get());
      }
      var before = waiting.get(proxy);
      waiting.put(
          proxy, new Waiting(demand, before == null ? Optional.empty() : before.lastDecision));
      changed = placeWaiting();
      var now = waiting.get(proxy);
      decision =
          now == null
              ? changed.getOrDefault(proxy, new Decision.Waits(Optional.empty(), "not bound"))
              : now.lastDecision.orElseThrow();
    }
    changed.remove(proxy);
    if (!changed.isEmpty()) {
      executor.execute(() -> tell(changed));
    }
    if (decision instanceof Decision.NeverFits) {
      settleSoon(); // its request is given back
    }
    return decision;
  }

  /** A proxy no longer waits. */
  void withdraw(PodKey proxy) {
    synchronized (this) {
      waiting.remove(proxy);
    }
    settleSoon();
  }

  private void settleSoon() {
    if (settling.compareAndSet(false, true)) {
      executor.execute(this::settle);
    }
  }

  private void settle() {
    settling.set(false);
    Resources offer;
    Map<PodKey, Decision> changed;
    synchronized (this) {
      changed = placeWaiting();
      offer = ledger.offer();
    }
    try {
      publisher.accept(offer);
    } catch (RuntimeException e) {
      log.error("the offer {} could not be published", offer, e);
    }
    tell(changed);
  }

  /** A decision is told once: one that cannot be told must not take the others with it. */
  private void tell(Map<PodKey, Decision> changed) {
    changed.forEach(
        (proxy, decision) -> {
          try {
            decided.accept(proxy, decision);
          } catch (RuntimeException e) {
            log.error("{}: could not be told of {}", proxy, decision, e);
          }
        });
  }

  /**
   * Decides for all that wait, oldest first; returns the decisions that are of another kind now.
   * Called with this locked.
   */
  private Map<PodKey, Decision> placeWaiting() {
    var changed = new LinkedHashMap<PodKey, Decision>();
    if (waiting.isEmpty()) {
      return changed;
    }
    // Who is no longer counted (terminal, gone) takes nothing from the offer: it has no claim.
    waiting.keySet().removeIf(proxy -> !ledger.isCounted(proxy.uid()));
    // Whose delegate a member's watch has shown waits no longer, wherever it was to go.
    for (var proxy : List.copyOf(waiting.keySet())) {
      ledger.slot(proxy.uid()).ifPresent(slot -> changed.put(proxy, new Decision.Placed(slot)));
    }
    waiting.keySet().removeAll(changed.keySet());
    var proxies = List.copyOf(waiting.entrySet());
    var decisions =
        Placement.plan(proxies.stream().map(entry -> entry.getValue().demand).toList(), ledger);
    for (int i = 0; i < decisions.size(); i++) {
      var proxy = proxies.get(i).getKey();
      var before = proxies.get(i).getValue();
      var decision = decisions.get(i);
      if (decision instanceof Decision.Placed placed) {
        ledger.reserve(proxy.uid(), placed.node());
        waiting.remove(proxy);
      } else {
        ledger.credit(proxy.uid(), decision instanceof Decision.NeverFits);
        waiting.put(proxy, new Waiting(before.demand, Optional.of(decision)));
      }
      if (before.lastDecision.filter(d -> d.getClass() == decision.getClass()).isEmpty()) {
        log.debug("{}: {}", proxy, decision);
        changed.put(proxy, decision);
      }
    }
    return changed;
  }
}
