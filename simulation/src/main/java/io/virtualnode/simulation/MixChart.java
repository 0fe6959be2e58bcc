package io.virtualnode.simulation;

import io.virtualnode.simulation.MixRun.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Pack against spread against the default scheduler of one real cluster, as one SVG. */
final class MixChart {

  private static final List<Contender> SERIES =
      List.of(Contender.PACK, Contender.SPREAD, Contender.REAL_DEFAULT);
  private static final List<String> COLOURS = List.of("#1b6ca8", "#e08e0b", "#8a8a8a");
  private static final int BAR = 6;
  private static final int GROUP = 26;
  private static final int LEFT = 60;
  private static final int PANEL = 180;
  private static final int TOP = 40;
  private static final int GAP = 60;
  private static final int LABELS = 260;

  private final Map<Mix, Map<Contender, Outcome>> outcomes;
  private final StringBuilder svg = new StringBuilder();

  MixChart(Map<Mix, Map<Contender, Outcome>> outcomes) {
    this.outcomes = outcomes;
  }

  String svg() {
    int width = LEFT + outcomes.size() * GROUP + 20;
    int height = TOP + 2 * PANEL + GAP + LABELS;
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
            + " font-family=\"sans-serif\" font-size=\"11\">%n<rect width=\"100%%\""
            + " height=\"100%%\" fill=\"white\"/>%n",
        width, height);
    for (int s = 0; s < SERIES.size(); s++) {
      int x = LEFT + s * 190;
      add("<rect x=\"%d\" y=\"8\" width=\"10\" height=\"10\" fill=\"%s\"/>", x, COLOURS.get(s));
      add("<text x=\"%d\" y=\"17\">%s</text>%n", x + 14, SERIES.get(s).label);
    }
    panel(TOP, "cores in use, %", 100, outcome -> outcome.busy() * 100);
    double longest =
        outcomes.values().stream()
            .flatMap(row -> SERIES.stream().map(row::get))
            .mapToDouble(outcome -> outcome == null ? 0 : outcome.meanWait())
            .max()
            .orElse(1);
    panel(TOP + PANEL + GAP, "mean wait of 8-core jobs, s", longest, Outcome::meanWait);
    labels(TOP + 2 * PANEL + GAP + 8);
    return svg.append("</svg>\n").toString();
  }

  private void panel(int top, String title, double most, ToDoubleFunction<Outcome> figure) {
    int bottom = top + PANEL;
    int right = LEFT + outcomes.size() * GROUP;
    add("<text x=\"%d\" y=\"%d\">%s</text>%n", LEFT, top - 6, title);
    for (int tick = 0; tick <= 4; tick++) {
      int y = bottom - PANEL * tick / 4;
      add("<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"#ddd\"/>", LEFT, right, y, y);
      add(
          "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.0f</text>%n",
          LEFT - 5, y + 4, most * tick / 4);
    }
    int x = LEFT + 3;
    for (var row : outcomes.values()) {
      for (int s = 0; s < SERIES.size(); s++) {
        var outcome = row.get(SERIES.get(s));
        double value = outcome == null ? 0 : figure.applyAsDouble(outcome);
        double bar = most == 0 ? 0 : PANEL * value / most;
        add(
            "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"%s\"/>%n",
            x + s * BAR, bottom - bar, BAR, bar, COLOURS.get(s));
      }
      x += GROUP;
    }
  }

  private void labels(int y) {
    int x = LEFT + 14;
    for (var mix : outcomes.keySet()) {
      add(
          "<text transform=\"translate(%d,%d) rotate(-60)\" text-anchor=\"end\">%s</text>%n",
          x, y, mix.label());
      x += GROUP;
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would need a library of its own
  private void add(String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments));
  }
}
