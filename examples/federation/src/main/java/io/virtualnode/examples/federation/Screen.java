package io.virtualnode.examples.federation;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/** Where the course of a run is shown. */
interface Screen {

  /** How often to call {@link #show}. */
  Duration interval();

  void show(Snapshot now);

  /** On a terminal a table that is drawn again in its place, elsewhere line after line. */
  static Screen of(PrintStream out, boolean terminal) {
    return terminal ? new Redrawn(out) : new Lines(out);
  }

  /** Moves the cursor up to the table's first line before it draws it again. */
  final class Redrawn implements Screen {

    private static final String CLEAR_TO_END_OF_LINE = "\033[K";

    private final PrintStream out;
    private int drawn;

    private Redrawn(PrintStream out) {
      this.out = out;
    }

    @Override
    public Duration interval() {
      return Duration.ofMillis(250);
    }

    @Override
    public void show(Snapshot now) {
      List<String> lines = Table.lines(now);
      var text = new StringBuilder();
      if (drawn > 0) {
        text.append("\033[%dA".formatted(drawn)); // up to the first line
      }
      for (var line : lines) {
        text.append(line).append(CLEAR_TO_END_OF_LINE).append('\n');
      }
      drawn = lines.size();
      out.print(text);
      out.flush();
    }
  }

  /** For files and pipes. */
  final class Lines implements Screen {

    private final PrintStream out;

    private Lines(PrintStream out) {
      this.out = out;
    }

    @Override
    public Duration interval() {
      return Duration.ofSeconds(3);
    }

    @Override
    public void show(Snapshot now) {
      out.println(Table.line(now));
      out.flush();
    }
  }
}
