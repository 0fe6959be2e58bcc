package io.virtualnode.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Records what the virtual node does during one part of a run, for {@code jfr} or JMC. */
final class FlightRecording implements AutoCloseable {

  private static final long LIMIT_SECONDS = 60;

  private final long pid;
  private final Path file;

  private FlightRecording(long pid, Path file) {
    this.pid = pid;
    this.file = file;
  }

  /** Starts one if there is a folder for it. */
  static Optional<FlightRecording> start(Optional<Path> folder, String name, long pid) {
    return folder.map(
        path -> {
          try {
            Files.createDirectories(path);
          } catch (IOException e) {
            throw new UncheckedIOException("no folder " + path, e);
          }
          jcmd(pid, "JFR.start", "name=benchmark", "settings=profile");
          return new FlightRecording(pid, path.resolve(name + ".jfr").toAbsolutePath());
        });
  }

  @Override
  public void close() {
    jcmd(pid, "JFR.stop", "name=benchmark", "filename=" + file);
  }

  private static void jcmd(long pid, String command, String... options) {
    var line = new ArrayList<String>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    line.add(Long.toString(pid));
    line.add(command);
    line.addAll(List.of(options));
    try {
      var process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        System.err.println("no flight recording: " + line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("jcmd is part of a JDK", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
