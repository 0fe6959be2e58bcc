package io.virtualnode.benchmarks;

import static io.virtualnode.benchmarks.Figure.number;

import io.virtualnode.benchmarks.RequestFlows.Flow;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** The figures as a table for people. */
final class Report {

  private final StringBuilder out = new StringBuilder();

  private Report() {}

  static String text(Measurements measured) {
    var report = new Report();
    report.head(measured);
    measured.steady().ifPresent(report::steady);
    if (!measured.forwarded().isEmpty()) {
      report.fullSpeed(measured.forwarded(), measured.direct());
      report.requests(measured.forwarded());
    }
    report.tail(measured);
    return report.out.toString();
  }

  private void head(Measurements measured) {
    row("machine", measured.machine().toString());
    row("load when it began", measured.loadAtStart());
    row("versions", "%s, Kubernetes %s".formatted(measured.vnode(), measured.kubernetes()));
    var options = measured.options();
    row(
        "sizes",
        "%d members, %d pods to warm up, %d runs of %d pods, java options %s"
            .formatted(
                options.members,
                options.warmup,
                options.repeat,
                options.pods,
                options.javaOpts.isEmpty() ? "of the launcher" : options.javaOpts));
  }

  private void steady(SteadyRate.Result result) {
    title("A. %d pods per second, %d pods".formatted(result.rate(), result.pods()));
    out.append(
        String.format(
            "  %-44s %8s %8s %8s %8s   %s%n",
            "milliseconds", "p50", "p90", "p99", "largest", "measured"));
    var timeline = result.timeline();
    int pods = timeline.expected();
    latency("forward: bound -> delegate created", timeline.forward(), of(pods));
    latency("feedback: delegate's status -> proxy's", timeline.feedback(), of(2 * pods));
    latency("  of these, Running", timeline.feedbackRunning(), of(pods));
    latency("  of these, the end", timeline.feedbackOver(), of(pods));
    latency("observer's error: one write seen twice", timeline.skew(), "");
    row("target", "forward p50 <= 10, p99 <= 25; feedback p50 <= 15");
    row("CPU-ms of the virtual node, per pod", perPod(result.cpu().node(), result.pods()));
  }

  private static String of(int count) {
    return " of " + count;
  }

  private void latency(String name, Latency latency, String expected) {
    out.append(
        String.format(
            Locale.ROOT,
            "  %-44s %8.2f %8.2f %8.2f %8.2f   %d%s%s%n",
            name,
            latency.millis(50),
            latency.millis(90),
            latency.millis(99),
            latency.maxMillis(),
            latency.count(),
            expected,
            latency.negative() == 0 ? "" : "  (%d below 0)".formatted(latency.negative())));
  }

  private void fullSpeed(List<FullSpeed.Result> forwarded, List<FullSpeed.Result> direct) {
    title("B. forwarded at full speed   C. the same pods created in the members directly");
    out.append(String.format("  %-44s %-30s %s%n", "", "B forwarded", "C direct"));
    both("pods per second", forwarded, direct, FullSpeed.Result::podsPerSecond);
    row(
        "B as a share of C",
        number(
                100
                    * Figure.of(forwarded, FullSpeed.Result::podsPerSecond).median()
                    / Figure.of(direct, FullSpeed.Result::podsPerSecond).median())
            + " %");
    both(
        "CPU-ms per pod: virtual node, to the end",
        forwarded,
        direct,
        r -> r.perPod(r.toOver().node()));
    both(
        "CPU-ms per pod: virtual node, to deletion",
        forwarded,
        direct,
        r -> r.perPod(r.toGone().node()));
    row("target", "<= 20");
    both(
        "CPU-ms per pod: primary's control plane",
        forwarded,
        direct,
        r -> r.perPod(r.toGone().primary()));
    both(
        "CPU-ms per pod: members' control planes",
        forwarded,
        direct,
        r -> r.perPod(r.toGone().members()));
    both(
        "CPU-ms per pod: this benchmark", forwarded, direct, r -> r.perPod(r.toGone().benchmark()));
  }

  private void requests(List<FullSpeed.Result> forwarded) {
    title(
        "Requests of the virtual node per pod in B, creation to deletion, as the API servers count");
    out.append(String.format("  %-44s %-30s %s%n", "", "primary", "members"));
    for (var flow : Flow.values()) {
      requests(flow.title, forwarded, counts -> counts.of(flow));
    }
    requests("pod writes in all", forwarded, Report::podWrites);
    row("target", "3 in the primary, 2 in the members");
  }

  static long podWrites(ApiCounts counts) {
    long sum = 0;
    for (var flow : Flow.values()) {
      sum += flow.isPodWrite() ? counts.of(flow) : 0;
    }
    return sum;
  }

  private void requests(String name, List<FullSpeed.Result> runs, Function<ApiCounts, Long> count) {
    out.append(
        String.format(
            "  %-44s %-30s %s%n",
            name,
            Figure.of(runs, run -> run.perPod(count.apply(run.primary()))),
            Figure.of(runs, run -> run.perPod(count.apply(run.members())))));
  }

  private void tail(Measurements measured) {
    title("The virtual node's process");
    row("peak resident memory, MB", number(measured.peakKilobytes() / 1024.0));
    row("CPU-ms per second when idle", number(measured.idleCpuMillisPerSecond()));
    row("warnings and errors in its log", Long.toString(measured.complaints()));
  }

  private void both(
      String name,
      List<FullSpeed.Result> forwarded,
      List<FullSpeed.Result> direct,
      java.util.function.ToDoubleFunction<FullSpeed.Result> figure) {
    out.append(
        String.format(
            "  %-44s %-30s %s%n", name, Figure.of(forwarded, figure), Figure.of(direct, figure)));
  }

  private static String perPod(long count, int pods) {
    return number((double) count / pods);
  }

  private void title(String text) {
    out.append(System.lineSeparator()).append(text).append(System.lineSeparator());
  }

  private void row(String name, String value) {
    out.append(String.format("  %-44s %s%n", name, value));
  }
}
