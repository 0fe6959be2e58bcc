package io.virtualnode.simulation;

import io.virtualnode.simulation.MixRun.Outcome;
import java.io.PrintStream;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Every mix on every contender, as a table. */
final class MixTable {

  private final Map<Mix, Map<Contender, Outcome>> outcomes = new LinkedHashMap<>();

  /** Runs so long each. The same seed gives the same figures. */
  MixTable(List<Mix> mixes, long seed, long seconds) {
    for (var mix : mixes) {
      var row = new EnumMap<Contender, Outcome>(Contender.class);
      for (var contender : Contender.values()) {
        row.put(contender, new MixRun(mix, contender, seed, seconds * 1000).run(seed));
      }
      outcomes.put(mix, row);
    }
  }

  Map<Mix, Map<Contender, Outcome>> outcomes() {
    return outcomes;
  }

  void print(PrintStream out) {
    out.printf(
        "%-44s %-27s %12s %6s %10s %10s%n",
        "mix", "on", "core-seconds", "busy", "mean wait", "95 % wait");
    outcomes.forEach(
        (mix, row) ->
            row.forEach(
                (contender, outcome) ->
                    out.printf(
                        Locale.ROOT,
                        "%-44s %-27s %12d %5.1f%% %8.1f s %8.1f s%n",
                        mix.label(),
                        contender.label,
                        outcome.coreSeconds(),
                        outcome.busy() * 100,
                        outcome.meanWait(),
                        outcome.wait95())));
    out.println();
    out.println("means over all mixes; waits are those of 8-core jobs");
    for (var contender : Contender.values()) {
      out.printf(
          Locale.ROOT,
          "%-27s %5.1f%% busy %8.1f s mean wait %8.1f s 95 %% wait%n",
          contender.label,
          mean(contender, outcome -> outcome.busy() * 100),
          mean(contender, Outcome::meanWait),
          mean(contender, Outcome::wait95));
    }
  }

  private double mean(Contender contender, ToDoubleFunction<Outcome> figure) {
    return outcomes.values().stream()
        .map(row -> row.get(contender))
        .mapToDouble(outcome -> outcome == null ? 0 : figure.applyAsDouble(outcome))
        .average()
        .orElse(0);
  }
}
