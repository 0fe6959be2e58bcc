package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.cli.Vnode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Processes of the {@code vnode} command, each with a log of its own. For one thread. */
final class VnodeProcesses {

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();

  /** None yet; the folder gets their logs. */
  VnodeProcesses(Path folder) {
    this.folder = folder;
  }

  /** Starts {@code vnode run} with that configuration. */
  Process run(Path configuration) {
    return run(configuration, List.of(), Map.of());
  }

  /**
   * The same.
   *
   * @param options of the JVM
   * @param environment variables beside those of this process
   */
  Process run(Path configuration, List<String> options, Map<String, String> environment) {
    var command =
        Stream.of(
                Stream.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()),
                Stream.of("-XX:TieredStopAtLevel=1"),
                options.stream(),
                Stream.of("-cp", System.getProperty("java.class.path"), Vnode.class.getName()),
                Stream.of("run", "--config", configuration.toString()))
            .flatMap(words -> words)
            .toList();
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(logOf(processes.size()).toFile());
    builder.environment().putAll(environment);
    try {
      var process = builder.start();
      processes.add(process);
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All that were started, in order. */
  List<Process> all() {
    return List.copyOf(processes);
  }

  /** What the process has printed so far. */
  String log(Process process) {
    try {
      return Files.readString(logOf(processes.indexOf(process)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path logOf(int number) {
    return folder.resolve("log" + number);
  }

  /** Kills them, also those that are stopped, and waits until they are gone. */
  void kill() throws InterruptedException {
    for (var process : processes) {
      process.destroyForcibly().waitFor();
    }
  }
}
