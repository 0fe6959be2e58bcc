package io.virtualnode.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;

/** What Linux accounts to a process, as /proc tells it. */
final class ProcStat {

  /** {@code USER_HZ}: 100 on every Linux that Java runs on; /proc is in these units. */
  private static final long MILLIS_PER_TICK = 10;

  private ProcStat() {}

  /** User and system time of all its threads, in milliseconds, to 10 ms. */
  static long cpuMillis(long pid) {
    return cpuMillis(read(pid, "stat"));
  }

  /** The sum over several processes. */
  static long cpuMillis(Collection<Long> pids) {
    return pids.stream().mapToLong(ProcStat::cpuMillis).sum();
  }

  /** The largest resident set it ever had, in kilobytes. */
  static long peakKilobytes(long pid) {
    return field(read(pid, "status"), "VmHWM");
  }

  /** Fields 14 and 15 of {@code /proc/PID/stat}; the second field, a name, may hold anything. */
  static long cpuMillis(String stat) {
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MILLIS_PER_TICK;
  }

  /** A number of {@code /proc/PID/status}. */
  static long field(String status, String name) {
    return status
        .lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.replaceAll("[^0-9]", ""))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no " + name + " in:\n" + status));
  }

  private static String read(long pid, String file) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), file));
    } catch (IOException e) {
      throw new UncheckedIOException("process %d has ended".formatted(pid), e);
    }
  }
}
