package io.virtualnode.kubernetes.cli;

import static java.util.Objects.requireNonNull;

import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.ConfigurationWatch;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code vnode run}: runs the node until it is asked to stop. */
@Command(
    name = "run",
    description = {
      "Runs the virtual node until SIGTERM.",
      "Changes of the configuration are applied while it runs; a faulty file is logged and ignored."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:stopped by SIGTERM or SIGINT",
      "1:the node could not go on; the log says why",
      "2:the configuration is faulty; nothing was contacted"
    })
final class RunCommand implements Callable<Integer> {

  private static final Logger log = LoggerFactory.getLogger(RunCommand.class);

  private final NodeProcess.Factory factory;
  private final Shutdown shutdown;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConfigurationOption configuration = new ConfigurationOption();

  RunCommand(NodeProcess.Factory factory, Shutdown shutdown) {
    this.factory = requireNonNull(factory, "factory is null");
    this.shutdown = requireNonNull(shutdown, "shutdown is null");
  }

  @Override
  public Integer call() {
    var read = configuration.read(spec.commandLine().getErr());
    return read.map(this::run).orElse(ExitCode.FAULTY);
  }

  private int run(Configuration initial) {
    var process = factory.create(initial);
    var stopRequested = new CompletableFuture<Void>();
    var stopped = new CompletableFuture<Integer>();
    shutdown.onRequest(
        () -> {
          stopRequested.complete(null);
          return stopped.join();
        });
    var code = ExitCode.FAILED;
    try {
      code = runUntil(stopRequested, process, initial);
    } finally {
      code = close(process) ? code : ExitCode.FAILED;
      stopped.complete(code);
    }
    return code;
  }

  private int runUntil(
      CompletableFuture<Void> stopRequested, NodeProcess process, Configuration initial) {
    try {
      process.start();
      log.info("Node {} runs over {} members", initial.node().name(), initial.members().size());
      var watch = ConfigurationWatch.start(configuration.file, initial, process::reload);
      try {
        CompletableFuture.anyOf(stopRequested, process.ended().toCompletableFuture()).join();
      } finally {
        watch.close();
      }
      return ExitCode.OK;
    } catch (CompletionException e) {
      log.error("The node cannot go on", e.getCause());
    } catch (RuntimeException e) {
      log.error("The node cannot run", e);
    }
    return ExitCode.FAILED;
  }

  private static boolean close(NodeProcess process) {
    try {
      process.close();
      return true;
    } catch (RuntimeException e) {
      log.error("The node did not stop cleanly", e);
      return false;
    }
  }
}
