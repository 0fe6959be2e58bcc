package io.virtualnode.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** One figure of several runs: the median, with the extremes. */
public record Figure(double median, double least, double most) {

  /** Of what each run has for it. */
  public static <T> Figure of(List<T> runs, ToDoubleFunction<T> figure) {
    return of(runs.stream().mapToDouble(figure).toArray());
  }

  /** Of the values of all runs. */
  public static Figure of(double... values) {
    if (values.length == 0) {
      return new Figure(Double.NaN, Double.NaN, Double.NaN);
    }
    var sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Figure(median, sorted[0], sorted[sorted.length - 1]);
  }

  @Override
  public String toString() {
    return least == most
        ? number(median)
        : "%s (%s to %s)".formatted(number(median), number(least), number(most));
  }

  static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
  }
}
