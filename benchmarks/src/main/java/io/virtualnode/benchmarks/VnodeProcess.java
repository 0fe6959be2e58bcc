package io.virtualnode.benchmarks;

import io.virtualnode.testkit.GuardedProcess;
import io.virtualnode.testkit.LocalCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The packaged {@code vnode run} as a process of its own, so that what it uses is its alone. It
 * ends with this JVM, however that ends.
 */
public final class VnodeProcess implements AutoCloseable {

  private final GuardedProcess process;
  private final Path log;

  private VnodeProcess(GuardedProcess process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** The configuration file of one virtual node over all members, as the user in each. */
  static String configuration(
      String node, String user, LocalCluster primary, List<LocalCluster> members) {
    var config = new StringBuilder();
    config.append(
        "node: {name: %s}%nprimary: {kubeconfig: %s}%nmembers:%n"
            .formatted(node, primary.kubeconfigFor(user)));
    for (var member : members) {
      config.append(
          "- {name: %s, kubeconfig: %s}%n".formatted(member.name(), member.kubeconfigFor(user)));
    }
    return config.toString();
  }

  /**
   * Starts it; its log is continued.
   *
   * @param home the folder of the unpacked command
   * @param folder where its configuration file is written
   */
  public static VnodeProcess start(
      Path home, String javaOpts, Path folder, String configuration, Path log) {
    var file = folder.resolve("vnode.yaml");
    try {
      Files.writeString(file, configuration);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
    var command = home.resolve("bin/vnode").toAbsolutePath().toString();
    return new VnodeProcess(
        GuardedProcess.of("vnode", List.of(command, "run", "--config", file.toString()))
            .environment("JAVA_OPTS", javaOpts)
            .start(log),
        log);
  }

  /** The launcher replaces itself by Java, so this is Java's. */
  long pid() {
    return process.pid();
  }

  /** Processor time so far; 0 if it does not run. */
  long cpuMillis() {
    return process.isAlive() ? ProcStat.cpuMillis(pid()) : 0;
  }

  /** Fails if it has ended, with what it said. */
  public void requireAlive() {
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "vnode has ended (%s):%n%s".formatted(process.exitCode(), lastWords()));
    }
  }

  /** Its log's last lines. */
  public String lastWords() {
    try (var lines = Files.lines(log)) {
      var all = lines.toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - 20), all.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Lines of its log that are warnings or errors. */
  public long complaints() {
    try (var lines = Files.lines(log)) {
      return lines.filter(line -> line.contains(" WARN ") || line.contains(" ERROR ")).count();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + log, e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
