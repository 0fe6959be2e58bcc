package io.virtualnode.benchmarks;

import io.virtualnode.testkit.LocalCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The packaged {@code vnode run} as a process of its own, so that what it uses is its alone. */
final class VnodeProcess implements AutoCloseable {

  private static final long STOP_SECONDS = 20;

  private final Process process;
  private final Path log;
  private final Thread shutdownHook;

  private VnodeProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    this.shutdownHook = new Thread(process::destroyForcibly, "end-vnode");
    Runtime.getRuntime().addShutdownHook(shutdownHook);
  }

  /** Starts it over the clusters, as the user in each. */
  static VnodeProcess start(
      Options options, String node, String user, LocalCluster primary, List<LocalCluster> members) {
    var folder = primary.folder();
    var config = new StringBuilder();
    config.append(
        "node: {name: %s}%nprimary: {kubeconfig: %s}%nmembers:%n"
            .formatted(node, primary.kubeconfigFor(user)));
    for (var member : members) {
      config.append(
          "- {name: %s, kubeconfig: %s}%n".formatted(member.name(), member.kubeconfigFor(user)));
    }
    var file = folder.resolve("vnode.yaml");
    var log = options.log.orElse(folder.resolve("vnode.log")).toAbsolutePath();
    try {
      Files.writeString(file, config);
      var builder =
          new ProcessBuilder(
                  options.vnodeHome.resolve("bin/vnode").toString(),
                  "run",
                  "--config",
                  file.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().put("JAVA_OPTS", options.javaOpts);
      return new VnodeProcess(builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start vnode; was it packaged?", e);
    }
  }

  /** The launcher replaces itself by Java, so this is Java's. */
  long pid() {
    return process.pid();
  }

  /** Fails if it has ended, with what it said. */
  void requireAlive() {
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "vnode ended with %d:%n%s".formatted(process.exitValue(), lastWords()));
    }
  }

  /** Its log's last lines. */
  String lastWords() {
    try (var lines = Files.lines(log)) {
      var all = lines.toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - 20), all.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Lines of its log that are warnings or errors. */
  long complaints() {
    try (var lines = Files.lines(log)) {
      return lines.filter(line -> line.contains(" WARN ") || line.contains(" ERROR ")).count();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + log, e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException shuttingDown) {
      return; // the hook does it again, which does no harm
    }
  }
}
