package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.virtualnode.api.NodeReport;
import io.virtualnode.kubernetes.account.Offers;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Turns what may be offered into what each virtual node reports of itself.
 *
 * <p>A node reports nothing before it is {@linkplain #include included}, nor for a short while
 * before its members have been seen: one that registers with less than there is would be corrected
 * at once. Thread-safe; {@link #publish} is called by one thread at a time.
 */
final class NodeReports implements Offers {

  private final Supplier<List<String>> staleMembers;
  private final IntSupplier orphansHeld;
  private final Supplier<SortedMap<String, Boolean>> drains;
  private final BiFunction<Scope, NodeReport, CompletionStage<Void>> reports;
  private final Set<Scope> included = ConcurrentHashMap.newKeySet();
  private final Map<Scope, NodeReport> last = new ConcurrentHashMap<>();
  private final Map<Scope, CompletionStage<Void>> stored = new ConcurrentHashMap<>(); // the last
  private volatile boolean awaitsMembers = true;

  /**
   * Nothing is reported yet.
   *
   * @param staleMembers the names of the members that have not been heard of recently, sorted
   * @param orphansHeld how many delegates without a proxy are not removed, being too many
   * @param drains the members that are drained, and of each whether it is empty of delegates
   * @param reports takes a virtual node's report; its stage completes when the primary has it
   */
  NodeReports(
      Supplier<List<String>> staleMembers,
      IntSupplier orphansHeld,
      Supplier<SortedMap<String, Boolean>> drains,
      BiFunction<Scope, NodeReport, CompletionStage<Void>> reports) {
    this.staleMembers = staleMembers;
    this.orphansHeld = orphansHeld;
    this.drains = drains;
    this.reports = reports;
  }

  /** All is known that is bound to the virtual node: from now on there is something to report. */
  void include(Scope scope) {
    included.add(scope);
  }

  /** The virtual node has ended. */
  void exclude(Scope scope) {
    included.remove(scope);
    last.remove(scope);
    stored.remove(scope);
  }

  /** Completes when the primary has what the virtual node reported last; may be never. */
  CompletionStage<Void> stored(Scope scope) {
    return stored.getOrDefault(scope, Site.done());
  }

  /** Members that have not been seen by now are not waited for any longer. */
  void awaitMembersNoLonger() {
    awaitsMembers = false;
  }

  @Override
  public Set<Scope> scopes() {
    return Set.copyOf(included);
  }

  /** Reports each offer if it, or anything else of the report, is another than before. */
  @Override
  public void publish(Map<Scope, Resources> offers) {
    var stale = staleMembers.get();
    var draining = drains.get();
    offers.forEach((scope, offer) -> publish(scope, offer, of(scope, stale), draining));
  }

  private void publish(
      Scope scope, Resources offer, List<String> stale, SortedMap<String, Boolean> draining) {
    if (awaitsMembers && !stale.isEmpty() && !last.containsKey(scope)) {
      return;
    }
    var quantities = offer.toQuantities();
    var report =
        new NodeReport(
            quantities,
            quantities,
            true,
            "pods can be taken care of",
            List.of(fresh(stale), orphans(), drain(scope, draining)));
    if (!report.equals(last.put(scope, report))) {
      stored.put(scope, reports.apply(scope, report));
    }
  }

  private NodeCondition orphans() {
    int held = orphansHeld.getAsInt();
    return new NodeConditionBuilder()
        .withType("virtualnode.io/OrphansHeld")
        .withStatus(held > 0 ? "True" : "False")
        .withReason(held > 0 ? "TooMany" : "None")
        .withMessage(
            held > 0
                ? held + " delegates have no proxy in the primary: none is removed"
                : "no delegate without a proxy is kept")
        .build();
  }

  private static NodeCondition drain(Scope scope, SortedMap<String, Boolean> draining) {
    var own = new TreeMap<>(draining);
    NodeIdentity.memberOf(scope).ifPresent(member -> own.keySet().retainAll(Set.of(member)));
    return DrainReport.of(own).condition();
  }

  private static List<String> of(Scope scope, List<String> members) {
    return NodeIdentity.memberOf(scope)
        .map(member -> members.contains(member) ? List.of(member) : List.<String>of())
        .orElse(members);
  }

  private static NodeCondition fresh(List<String> stale) {
    return new NodeConditionBuilder()
        .withType("virtualnode.io/MembersFresh")
        .withStatus(stale.isEmpty() ? "True" : "False")
        .withReason(stale.isEmpty() ? "AllFresh" : "SomeNotFresh")
        .withMessage(
            stale.isEmpty()
                ? "every member was heard of recently"
                : "not heard of recently: " + String.join(", ", stale))
        .build();
  }
}
