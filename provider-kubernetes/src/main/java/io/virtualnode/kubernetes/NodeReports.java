package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.virtualnode.api.NodeReport;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.member.Member;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns what may be offered into what the node reports of itself.
 *
 * <p>Nothing is reported before every proxy is known, nor for a short while before every member is:
 * a node that registers with less than there is would be corrected at once. Called by one thread at
 * a time, but for {@link #begin}.
 */
final class NodeReports {

  private final Supplier<List<Member>> members;
  private final Consumer<NodeReport> reports;
  private volatile boolean begun;
  private volatile boolean awaitsMembers = true;
  private @Nullable NodeReport last;

  NodeReports(Supplier<List<Member>> members, Consumer<NodeReport> reports) {
    this.members = members;
    this.reports = reports;
  }

  /** Every proxy is known: from now on there is something to report. */
  void begin() {
    begun = true;
  }

  /** Members that are not fresh by now are not waited for any longer. */
  void awaitMembersNoLonger() {
    awaitsMembers = false;
  }

  /** Reports the offer if it, or anything else of the report, is another than before. */
  void publish(Resources offer) {
    if (!begun) {
      return;
    }
    var stale =
        members.get().stream()
            .filter(member -> !member.isFresh())
            .map(Member::name)
            .sorted()
            .toList();
    if (awaitsMembers && !stale.isEmpty()) {
      return;
    }
    awaitsMembers = false;
    var quantities = offer.toQuantities();
    var report =
        new NodeReport(
            quantities, quantities, true, "pods can be taken care of", List.of(fresh(stale)));
    if (!report.equals(last)) {
      last = report;
      reports.accept(report);
    }
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
