package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.Ledger.Collected;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides for which wide pods that are not bound yet a slot is collected, and where.
 *
 * <p>On a full site every freed core lets a small pod in, and a wide one never sees its slot: the
 * primary's scheduler keeps no reservation. So for a wide pod that has waited long enough the freed
 * room of one node, the one that lacks least of it, is {@linkplain Ledger#withhold withheld} until
 * the slot is whole, which is then offered at once. A pod that some node has room for needs no
 * claim. A claim is kept until the pod has its slot or is gone, or the node becomes unusable or
 * gets no emptier for too long: then another node is tried. When a whole slot is not taken for too
 * long, others have it for as long.
 *
 * <p>A slot that ends in one piece, such as another wide pod's, {@linkplain #passOn passes on} to
 * the first of those pods that come before others.
 *
 * <p>Pure but for what it remembers: decides and changes nothing, except where it passes on; times
 * are milliseconds on any one clock. Not thread-safe: used under the ledger's lock.
 */
public final class SlotCollector {

  private final Ledger ledger;
  private final Placement placement;
  private final Heirs heirs; // as of the last decision
  private final Map<String, Demand> demands = new TreeMap<>(); // of pods without slots
  private final Map<String, Progress> progress = new HashMap<>(); // of claims
  private final Map<String, Long> gaveUpAt = new HashMap<>();

  /**
   * A wide pod of the primary that is not bound yet.
   *
   * @param demand what it asks for; its proxyUid is the pod's own UID
   * @param waitingSinceMillis since when it could have been bound
   * @param priority the pod's priority; the higher come first
   */
  public record Unbound(Demand demand, long waitingSinceMillis, int priority) {
    private static final Comparator<Unbound> FIRST =
        Comparator.comparingInt(Unbound::priority)
            .reversed()
            .thenComparingLong(Unbound::waitingSinceMillis)
            .thenComparing(Unbound::uid);

    private String uid() {
      return demand.proxyUid();
    }
  }

  /** How far a claim has come, and since when. */
  private record Progress(NodeKey node, boolean whole, long lack, long sinceMillis) {
    Progress orBetter(Progress now) {
      boolean further = now.lack < lack || now.whole != whole || !now.node.equals(node);
      return further ? now : this;
    }
  }

  /**
   * When to collect.
   *
   * @param afterMillis how long a pod has waited before a slot is collected for it
   * @param atOnce for how many pods at once; what is passed on may come on top
   * @param wholePatienceMillis how long a whole slot is kept whose pod is not bound
   * @param patienceMillis how long a slot is kept that comes no further: on a node where nothing
   *     ends
   */
  public record Setting(
      long afterMillis, int atOnce, long wholePatienceMillis, long patienceMillis) {

    private long patience(boolean whole) {
      return whole ? wholePatienceMillis : patienceMillis;
    }
  }

  /** Room of one node that is to be collected for one pod. */
  public record Claim(NodeKey node, Resources request) {}

  /**
   * What is to be done.
   *
   * @param make claims to be made, or to be replaced, by pod
   * @param drop pods whose claims end
   * @param whole pods whose slots are whole and offered
   */
  public record Steps(Map<String, Claim> make, Set<String> drop, Set<String> whole) {

    /** Whether nothing is to be done. */
    public boolean isNothing() {
      return make.isEmpty() && drop.isEmpty();
    }

    /** Does it. */
    public void apply(Ledger ledger) {
      drop.forEach(ledger::unwithhold);
      make.forEach((uid, claim) -> ledger.withhold(uid, claim.node, claim.request));
    }
  }

  /** Decides by what the ledger and the placement have, which share one lock. */
  public SlotCollector(Ledger ledger, Placement placement) {
    this.ledger = ledger;
    this.placement = placement;
    this.heirs = new Heirs(ledger, placement);
  }

  /** What is to be done now for these pods, all wide ones that are not bound. */
  public Steps decide(Collection<Unbound> unbound, long nowMillis, Setting setting) {
    var pods = new TreeMap<String, Unbound>();
    unbound.forEach(pod -> pods.put(pod.uid(), pod));
    pods.forEach((uid, pod) -> demands.put(uid, pod.demand));
    demands.keySet().removeIf(uid -> !pods.containsKey(uid) && !isBoundWithoutSlot(uid));
    progress.keySet().retainAll(pods.keySet());
    gaveUpAt.keySet().retainAll(pods.keySet());
    var steps = new Steps(new TreeMap<>(), new TreeSet<>(), new TreeSet<>());
    var taken = new HashSet<NodeKey>();
    for (var entry : new TreeMap<>(ledger.claims()).entrySet()) {
      var uid = entry.getKey();
      var pod = pods.get(uid);
      if (pod == null && ledger.isCounted(uid)) {
        taken.add(entry.getValue().node()); // bound to us: its slot ends the claim
      } else if (pod == null) {
        steps.drop.add(uid);
      } else if (!keep(pod, entry.getValue(), nowMillis, setting, steps)) {
        steps.drop.add(uid);
        taken.add(entry.getValue().node()); // not again at once
      } else {
        taken.add(entry.getValue().node());
      }
    }
    exchange(pods, steps);
    long kept = ledger.claims().keySet().stream().filter(pods::containsKey).count();
    kept -= steps.drop.stream().filter(pods::containsKey).count();
    var due = pods.values().stream().filter(pod -> isDue(pod, nowMillis, setting, steps)).toList();
    for (var pod : due.stream().sorted(Unbound.FIRST).toList()) {
      if (kept < setting.atOnce && claim(pod, taken, steps)) {
        kept++;
      }
    }
    heirs.set(
        pods.values().stream()
            .filter(pod -> isHeir(pod, nowMillis, setting, steps))
            .sorted(Unbound.FIRST)
            .toList());
    return steps;
  }

  /**
   * Lets a slot end, to be made when nobody who is bound waits for room: if it makes a whole slot
   * for the first pod in question as of the last decision, it is collected for that one at once.
   */
  public void passOn(Runnable end) {
    heirs.passOn(end);
  }

  /**
   * Whether a slot that ends may be passed on to the pod. Only a priority above 0 says that it
   * comes before others: between equals it would leave nothing for small ones. One that did not
   * take a whole slot is not trusted with another that is not even drained for it.
   */
  private boolean isHeir(Unbound pod, long nowMillis, Setting setting, Steps steps) {
    return pod.priority > 0
        && hasWaited(pod, nowMillis, setting)
        && !gaveUpAt.containsKey(pod.uid())
        && !steps.whole.contains(pod.uid());
  }

  private boolean isBoundWithoutSlot(String uid) {
    return ledger.isCounted(uid) && ledger.slot(uid).isEmpty();
  }

  /**
   * A pod that was bound although no slot of its own is whole, because the scheduler took it for
   * another's that is, gets that one in exchange for its own, if it has any.
   */
  private void exchange(Map<String, Unbound> pods, Steps steps) {
    var claims = new TreeMap<>(ledger.claims());
    for (var demand : demands.values()) {
      var own = claims.get(demand.proxyUid());
      if (!pods.containsKey(demand.proxyUid()) && (own == null || !own.whole())) {
        claims.entrySet().stream()
            .filter(other -> steps.whole.contains(other.getKey()))
            .filter(other -> canExchange(demand, own, other.getKey(), other.getValue()))
            .findFirst()
            .ifPresent(other -> exchange(demand, own, other.getKey(), other.getValue(), steps));
      }
    }
  }

  private boolean canExchange(
      Demand demand, @Nullable Collected own, String otherUid, Collected other) {
    var otherDemand = demands.get(otherUid);
    return otherDemand != null
        && demand.request().fitsInto(other.share())
        && placement.canCollect(demand, other.node())
        && (own == null || placement.canCollect(otherDemand, own.node()));
  }

  private void exchange(
      Demand demand, @Nullable Collected own, String otherUid, Collected other, Steps steps) {
    steps.make.put(demand.proxyUid(), new Claim(other.node(), demand.request()));
    if (own == null) {
      steps.drop.add(otherUid);
    } else {
      steps.make.put(otherUid, new Claim(own.node(), other.request()));
    }
    steps.whole.remove(otherUid);
    progress.remove(otherUid);
  }

  private boolean keep(Unbound pod, Collected claim, long nowMillis, Setting setting, Steps steps) {
    if (!placement.canCollect(pod.demand, claim.node())) {
      return false;
    }
    if (!claim.request().equals(pod.demand.request())) {
      steps.make.put(pod.uid(), new Claim(claim.node(), pod.demand.request()));
      progress.remove(pod.uid());
      return true;
    }
    var now = new Progress(claim.node(), claim.whole(), lack(claim), nowMillis);
    var last = progress.merge(pod.uid(), now, Progress::orBetter);
    if (nowMillis - last.sinceMillis >= setting.patience(claim.whole())) {
      progress.remove(pod.uid());
      if (claim.whole()) {
        gaveUpAt.put(pod.uid(), nowMillis);
      }
      return false;
    }
    if (claim.whole()) {
      steps.whole.add(pod.uid());
    }
    return true;
  }

  private static long lack(Collected claim) {
    return Lack.of(claim.request(), claim.share());
  }

  private boolean isDue(Unbound pod, long nowMillis, Setting setting, Steps steps) {
    boolean isClaiming = ledger.claim(pod.uid()).isPresent() && !steps.drop.contains(pod.uid());
    var gaveUp = gaveUpAt.get(pod.uid());
    return !isClaiming
        && hasWaited(pod, nowMillis, setting)
        && (gaveUp == null || nowMillis - gaveUp >= setting.wholePatienceMillis);
  }

  private static boolean hasWaited(Unbound pod, long nowMillis, Setting setting) {
    return nowMillis - pod.waitingSinceMillis >= setting.afterMillis;
  }

  private boolean claim(Unbound pod, Set<NodeKey> taken, Steps steps) {
    var node = placement.whereToCollect(pod.demand, taken);
    if (node.isEmpty()) {
      return false;
    }
    taken.add(node.get());
    steps.make.put(pod.uid(), new Claim(node.get(), pod.demand.request()));
    return true;
  }
}
