package io.virtualnode.kubernetes.account;

import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.placement.Decision;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.Explanation;
import io.virtualnode.kubernetes.placement.Placement;
import io.virtualnode.kubernetes.placement.SlotCollector;
import io.virtualnode.kubernetes.placement.Strategy;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
 *
 * <p>Thread-safe: one lock for all. What is called back is called with no lock held.
 */
public final class Account {

  private static final Logger log = LoggerFactory.getLogger(Account.class);

  private final Ledger ledger = new Ledger(); // guarded by this
  private final Placement placement; // guarded by this
  private final SlotCollector collector; // guarded by this
  private Set<String> offeredTo = Set.of(); // guarded by this
  private final Map<PodKey, Waiting> waiting = new LinkedHashMap<>(); // guarded by this
  private final Executor executor;
  private final Offers offers;
  private final BiConsumer<PodKey, Decision> decided;
  private final AtomicBoolean settling = new AtomicBoolean();
  // Whether what is held is not what those that wait now would have held; guarded by this
  private boolean stale;
  private long plannedAt; // the placement's version; guarded by this

  private record Waiting(Demand demand, Optional<Decision> lastDecision) {}

  /**
   * An empty account of one virtual node for the whole.
   *
   * @param executor where waiting proxies are placed and the offer is published, one task at a time
   * @param publisher takes what may be offered
   * @param decided told when the decision for a waiting proxy is another than before
   */
  public Account(
      Executor executor, Consumer<Resources> publisher, BiConsumer<PodKey, Decision> decided) {
    this(executor, Strategy.PACK, Offers.ofWhole(publisher), decided);
  }

  /** An empty account of any number of virtual nodes. */
  public Account(
      Executor executor, Strategy strategy, Offers offers, BiConsumer<PodKey, Decision> decided) {
    this.executor = executor;
    this.placement = new Placement(ledger, strategy);
    this.collector = new SlotCollector(ledger, placement);
    this.offers = offers;
    this.decided = decided;
  }

  /** Changes the ledger, then settles soon. */
  public void update(Consumer<Ledger> change) {
    synchronized (this) {
      change.accept(ledger);
    }
    settleSoon();
  }

  /**
   * Changes the ledger by the end of a slot, then settles soon. What was promised to pods that are
   * bound comes first; if none of them waits, the slot may be {@linkplain SlotCollector#passOn
   * passed on} to a wide one that is not.
   *
   * @return whether what may be offered in the scope has become less by that
   */
  public boolean lowers(Scope scope, Consumer<Ledger> change) {
    boolean lowered;
    synchronized (this) {
      var before = ledger.offer(scope);
      if (waiting.isEmpty()) {
        collector.passOn(() -> change.accept(ledger));
      } else {
        change.accept(ledger);
      }
      lowered = !before.fitsInto(ledger.offer(scope));
    }
    settleSoon();
    return lowered;
  }

  /** Prefers the members of greater weight from now on. */
  public synchronized void setWeights(Map<String, Integer> byMember) {
    placement.setWeights(byMember);
  }

  /** Reads the ledger. */
  public synchronized <T> T read(Function<Ledger, T> question) {
    return question.apply(ledger);
  }

  /** Whether a node has room for the pod now. */
  public boolean hasRoom(Demand demand) {
    return choice(demand).isPresent();
  }

  /** The node that the pod would get now, if one has room. */
  public synchronized Optional<NodeKey> choice(Demand demand) {
    return placement.choice(demand);
  }

  /** Why the nodes do not take the pod, or how many do, as of now. */
  public synchronized Explanation explain(Demand demand) {
    return placement.explain(demand);
  }

  /**
   * Collects slots for wide pods that are not bound yet.
   *
   * @param unbound all such pods
   * @param announced the UIDs of those to which a whole slot may be offered now
   * @param nowMillis the time, on the clock of the pods' times
   * @return the UIDs of those whose slots are whole, and on which node
   */
  public Map<String, NodeKey> collect(
      Collection<SlotCollector.Unbound> unbound,
      Set<String> announced,
      long nowMillis,
      SlotCollector.Setting setting) {
    SlotCollector.Steps steps;
    boolean changed;
    var whole = new HashMap<String, NodeKey>();
    synchronized (this) {
      steps = collector.decide(unbound, nowMillis, setting);
      steps.apply(ledger);
      changed = !steps.isNothing() || !announced.equals(offeredTo);
      ledger.claims().keySet().forEach(uid -> ledger.setOffered(uid, announced.contains(uid)));
      offeredTo = Set.copyOf(announced);
      for (var uid : steps.whole()) {
        ledger.claim(uid).ifPresent(claim -> whole.put(uid, claim.node()));
      }
    }
    if (changed) {
      settleSoon();
    }
    return whole;
  }

  /**
   * Finds a slot for a proxy and reserves it, or lets it wait for one behind those that wait
   * already. A proxy that waited and was placed meanwhile finds its slot here.
   */
  public Decision place(PodKey proxy, Demand demand) {
    Decision decision;
    var changed = new LinkedHashMap<PodKey, Decision>();
    synchronized (this) {
      var slot = ledger.slot(proxy.uid());
      if (slot.isPresent()) {
        stale |= waiting.remove(proxy) != null;
        return new Decision.Placed(slot.get());
      }
      var before = waiting.get(proxy);
      if (before != null && !before.demand.equals(demand)) {
        waiting.put(proxy, new Waiting(demand, before.lastDecision));
        stale = true;
      }
      if (stale || (!waiting.isEmpty() && placement.hasGrown())) {
        placeWaiting(changed);
      }
      decision = changed.get(proxy);
      if (decision == null) {
        var now = waiting.get(proxy);
        decision = now == null ? placeNew(proxy, demand) : now.lastDecision.orElseThrow();
      }
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
  public void withdraw(PodKey proxy) {
    synchronized (this) {
      stale |= waiting.remove(proxy) != null;
    }
    settleSoon();
  }

  /** Runs the task, on the account's own thread, once what has changed so far is published. */
  public void afterSettling(Runnable task) {
    executor.execute(
        () -> {
          if (settling.get()) { // by a thread that may not have come to enqueue it
            settle();
          }
          task.run();
        });
  }

  private void settleSoon() {
    if (settling.compareAndSet(false, true)) {
      executor.execute(this::settle);
    }
  }

  private void settle() {
    settling.set(false);
    var offer = new HashMap<Scope, Resources>();
    var changed = new LinkedHashMap<PodKey, Decision>();
    synchronized (this) {
      dropSettled(changed);
      if (stale || (!waiting.isEmpty() && plannedAt != placement.version())) {
        placeWaiting(changed);
      }
      offers.scopes().forEach(scope -> offer.put(scope, ledger.offer(scope)));
    }
    try {
      offers.publish(offer);
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

  /** Forgets those that wait no longer. Called with this locked. */
  private void dropSettled(Map<PodKey, Decision> changed) {
    // Who is no longer counted (terminal, gone) takes nothing from the offer: it has no claim.
    stale |= waiting.keySet().removeIf(proxy -> !ledger.isCounted(proxy.uid()));
    // Whose delegate a member's watch has shown waits no longer, wherever it was to go.
    for (var proxy : List.copyOf(waiting.keySet())) {
      var slot = ledger.slot(proxy.uid());
      if (slot.isPresent()) {
        waiting.remove(proxy);
        stale = true;
        changed.put(proxy, new Decision.Placed(slot.get()));
      }
    }
  }

  /**
   * Decides anew for all that wait, oldest first, and adds the decisions that are of another kind
   * than before. Called with this locked.
   */
  private void placeWaiting(Map<PodKey, Decision> changed) {
    dropSettled(changed);
    placement.releaseHeld();
    for (var entry : List.copyOf(waiting.entrySet())) {
      var before = entry.getValue().lastDecision;
      var decision = decide(entry.getKey(), entry.getValue().demand, before);
      if (before.filter(d -> d.getClass() == decision.getClass()).isEmpty()) {
        log.debug("{}: {}", entry.getKey(), decision);
        changed.put(entry.getKey(), decision);
      }
    }
    stale = false;
    plannedAt = placement.version();
  }

  /** Decides for one behind all that wait. Called with this locked. */
  private Decision placeNew(PodKey proxy, Demand demand) {
    if (!ledger.isCounted(proxy.uid())) {
      return new Decision.Waits(Optional.empty(), "not bound");
    }
    boolean planned = plannedAt == placement.version();
    var decision = decide(proxy, demand, Optional.empty());
    log.debug("{}: {}", proxy, decision);
    plannedAt = planned ? placement.version() : plannedAt;
    return decision;
  }

  private Decision decide(PodKey proxy, Demand demand, Optional<Decision> before) {
    var decision = placement.decide(demand, before);
    if (decision instanceof Decision.Placed placed) {
      ledger.reserve(proxy.uid(), placed.node());
      waiting.remove(proxy);
    } else {
      ledger.credit(proxy.uid(), decision instanceof Decision.NeverFits);
      waiting.put(proxy, new Waiting(demand, Optional.of(decision)));
    }
    return decision;
  }
}
