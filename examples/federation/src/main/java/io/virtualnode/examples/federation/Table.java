package io.virtualnode.examples.federation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Puts a moment into words: a table for a terminal, a line for a log. Plain ASCII. */
final class Table {

  private static final int BAR = 30;
  private static final int WIDTH = 79; // a line as wide as the terminal could break the redrawing

  private Table() {}

  /** The table, line by line, each cut to fewer than 80 characters. */
  static List<String> lines(Snapshot now) {
    return wholeLines(now).stream()
        .map(line -> line.length() <= WIDTH ? line : line.substring(0, WIDTH))
        .toList();
  }

  private static List<String> wholeLines(Snapshot now) {
    var lines = new ArrayList<String>();
    lines.add("elapsed      " + clock(now.elapsed()));
    lines.add(
        "node vnode   capacity %s  allocatable %s  bound %s  left %s cores"
            .formatted(
                cores(now.capacityMillis()),
                cores(now.allocatableMillis()),
                cores(now.boundMillis()),
                cores(now.allocatableMillis() - now.boundMillis())));
    lines.add(
        "proxy pods   pending %d  running %d  done %d%s"
            .formatted(
                now.pending() + now.unseen(),
                now.running(),
                now.succeeded() + now.failed(),
                now.failed() == 0 ? "" : "  (failed " + now.failed() + ")"));
    for (var member : now.members()) {
      lines.add(
          "%-12s %5s of %-5s [%s] running %d"
              .formatted(
                  member.name(),
                  cores(member.usedMillis()),
                  cores(member.totalMillis()),
                  bar(member),
                  member.running()));
    }
    lines.add(
        "check        primary %s members, made %d times, %s"
            .formatted(comparison(now), now.checks(), verdict(now)));
    return lines;
  }

  /** The same in one line. */
  static String line(Snapshot now) {
    return "%s  node %s/%s cores  pods %d pending %d running %d done  %s  check %s %s"
        .formatted(
            clock(now.elapsed()),
            cores(now.capacityMillis()),
            cores(now.allocatableMillis()),
            now.pending() + now.unseen(),
            now.running(),
            now.succeeded() + now.failed(),
            now.members().stream()
                .map(
                    member ->
                        "%s %s/%s"
                            .formatted(
                                member.name(),
                                cores(member.usedMillis()),
                                cores(member.totalMillis())))
                .collect(Collectors.joining("  ")),
            comparison(now),
            verdict(now));
  }

  private static String comparison(Snapshot now) {
    return "%d running %s %d"
        .formatted(now.running(), now.agree() ? "=" : "~", now.runningInMembers());
  }

  private static String verdict(Snapshot now) {
    if (now.breaches() > 0) {
      return "BROKEN";
    }
    return now.agree() ? "holds" : "settles";
  }

  private static String bar(Snapshot.MemberRow member) {
    long full = member.totalMillis() == 0 ? 0 : BAR * member.usedMillis() / member.totalMillis();
    int filled = Math.toIntExact(Math.min(BAR, full));
    return "#".repeat(filled) + ".".repeat(BAR - filled);
  }

  static String clock(Duration time) {
    return "%d:%02d".formatted(time.toMinutes(), time.toSecondsPart());
  }

  static String cores(long millis) {
    return String.format(Locale.ROOT, "%.1f", millis / 1e3);
  }
}
