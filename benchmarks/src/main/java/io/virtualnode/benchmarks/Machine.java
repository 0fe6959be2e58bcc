package io.virtualnode.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What it was measured on. */
public record Machine(String cpu, int cores, long memoryMegabytes, String kernel, String jdk) {

  /** This one. */
  public static Machine here() {
    return new Machine(
        first("/proc/cpuinfo", "model name"),
        Runtime.getRuntime().availableProcessors(),
        ProcStat.field(read("/proc/meminfo"), "MemTotal") / 1024,
        System.getProperty("os.version"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
  }

  /** How many want a core, over the last minute. */
  public static String load() {
    return read("/proc/loadavg").split(" ", 2)[0];
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d cores (%s), %d MB, Linux %s, %s",
        cores,
        cpu,
        memoryMegabytes,
        kernel,
        jdk);
  }

  private static String first(String file, String key) {
    return read(file)
        .lines()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      return "";
    }
  }
}
