package io.virtualnode.benchmarks.utilisation;

import io.virtualnode.benchmarks.Figure;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One system beside the yardstick, over all repetitions, which the two went through at the same
 * time with the same jobs.
 */
record Comparison(List<Outcome> yardstick, List<Outcome> system) {

  Comparison {
    if (yardstick.size() != system.size() || system.isEmpty()) {
      throw new IllegalArgumentException(
          "%d runs beside %d".formatted(system.size(), yardstick.size()));
    }
  }

  String name() {
    return system.get(0).system();
  }

  /** How much of the yardstick's busy core-seconds it had: more is better. */
  double busyRatio() {
    return ratio(Outcome::busyCoreSeconds);
  }

  /** How much of the yardstick's mean wait wide jobs had: less is better. */
  double wideWaitRatio() {
    return ratio(outcome -> outcome.wide().mean());
  }

  /** Of the means over all repetitions. */
  double ratio(ToDoubleFunction<Outcome> figure) {
    return mean(system, figure) / mean(yardstick, figure);
  }

  /** Every repetition's ratio by itself: the median and the extremes. */
  Figure ratios(ToDoubleFunction<Outcome> figure) {
    double[] ratios = new double[system.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = figure.applyAsDouble(system.get(i)) / figure.applyAsDouble(yardstick.get(i));
    }
    return Figure.of(ratios);
  }

  /** Whether it is not worse than the yardstick in either figure by more than this share of it. */
  boolean isWithin(double tolerance) {
    return busyRatio() >= 1 - tolerance && wideWaitRatio() <= 1 + tolerance;
  }

  static double mean(List<Outcome> outcomes, ToDoubleFunction<Outcome> figure) {
    return outcomes.stream().mapToDouble(figure).average().orElseThrow();
  }
}
