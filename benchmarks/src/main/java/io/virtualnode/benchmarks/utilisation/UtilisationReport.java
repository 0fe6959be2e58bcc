package io.virtualnode.benchmarks.utilisation;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The comparison as a table for people. */
final class UtilisationReport {

  private final StringBuilder out = new StringBuilder();

  private UtilisationReport() {}

  /**
   * The table.
   *
   * @param bySystem the outcomes of each system, the yardstick first
   */
  static String text(List<List<Outcome>> bySystem) {
    var report = new UtilisationReport();
    report.head(bySystem);
    report.row("busy core-seconds in the window", bySystem, Outcome::busyCoreSeconds, true);
    report.row("of all that there were, %", bySystem, one -> 100 * one.utilisation(), false);
    report.row("mean wait of wide jobs, s", bySystem, one -> one.wide().mean(), true);
    report.row("p95 wait of wide jobs, s", bySystem, one -> one.wide().p95(), true);
    report.row("mean wait of 1-core jobs, s", bySystem, one -> one.narrow().mean(), true);
    report.row("p95 wait of 1-core jobs, s", bySystem, one -> one.narrow().p95(), true);
    report.row("from first submission to last end, s", bySystem, Outcome::makespan, true);
    report.row("least cores waited for in the window", bySystem, Outcome::leastWaiting, false);
    report.row("largest overrun of a job, s", bySystem, Outcome::largestOverrun, false);
    return report.out.toString();
  }

  private void head(List<List<Outcome>> bySystem) {
    var first = bySystem.get(0).get(0);
    out.append(
        String.format(
            Locale.ROOT,
            "%d cores, window %.0f s, %d run(s) of %d jobs, %d of them wide%n",
            first.siteCores(),
            first.windowMillis() / 1000.0,
            bySystem.get(0).size(),
            first.runs().size(),
            first.wide().jobs()));
    out.append(String.format("  %-38s", ""));
    bySystem.forEach(system -> out.append(" %-31s".formatted(system.get(0).system())));
    out.append(System.lineSeparator());
  }

  private void row(
      String name,
      List<List<Outcome>> bySystem,
      ToDoubleFunction<Outcome> figure,
      boolean withRatio) {
    var yardstick = bySystem.get(0);
    out.append(String.format("  %-38s", name));
    for (var system : bySystem) {
      var text = String.format(Locale.ROOT, "%.1f", Comparison.mean(system, figure));
      if (withRatio && !system.equals(yardstick)) {
        var comparison = new Comparison(yardstick, system);
        text += String.format(Locale.ROOT, "  x %.3f", comparison.ratio(figure));
        if (system.size() > 1) {
          var ratios = comparison.ratios(figure);
          text += String.format(Locale.ROOT, " (%.3f-%.3f)", ratios.least(), ratios.most());
        }
      }
      out.append(" %-31s".formatted(text));
    }
    out.append(System.lineSeparator());
  }

  /** Whether a system keeps what is promised. */
  static String verdict(Comparison comparison, double tolerance) {
    return String.format(
        Locale.ROOT,
        "%s: %s: busy core-seconds x %.3f (at least %.2f), mean wait of wide jobs x %.3f (at most"
            + " %.2f)",
        comparison.isWithin(tolerance) ? "PASS" : "FAIL",
        comparison.name(),
        comparison.busyRatio(),
        1 - tolerance,
        comparison.wideWaitRatio(),
        1 + tolerance);
  }
}
