package io.virtualnode.kubernetes.cli;

import java.util.ArrayList;
import java.util.List;

/** Aligns rows of words in columns, as kubectl does. */
final class TextTable {

  private static final int GAP = 3;

  private TextTable() {}

  /** A line for each row; all rows have as many words as the first. */
  static List<String> of(List<List<String>> rows) {
    var widths = new int[rows.get(0).size()];
    for (var row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    var lines = new ArrayList<String>();
    for (var row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        boolean last = i == widths.length - 1;
        line.append(row.get(i))
            .append(last ? "" : " ".repeat(widths[i] - row.get(i).length() + GAP));
      }
      lines.add(line.toString());
    }
    return lines;
  }
}
