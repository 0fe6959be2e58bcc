package io.virtualnode.kubernetes.cli;

import static java.util.Objects.requireNonNull;

import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code vnode check}: says before the first run what would go wrong in it. */
@Command(
    name = "check",
    description = {
      "Reads the configuration, then asks every cluster in it for its version, for whom it takes"
          + " us, and whether each permission that is needed is granted.",
      "Changes nothing in any cluster."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all right",
      "1:a cluster is unreachable or a permission is missing",
      "2:the configuration is faulty; nothing was contacted"
    })
final class CheckCommand implements Callable<Integer> {

  /** How the report is printed. */
  enum Output {
    text,
    json
  }

  private final ClusterProbe probe;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConfigurationOption configuration = new ConfigurationOption();

  @Option(
      names = {"-o", "--output"},
      defaultValue = "text",
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Output output = Output.text;

  @Option(
      names = "--timeout",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description =
          "How long one cluster may take for all its answers (default: ${DEFAULT-VALUE} seconds)")
  private int timeoutSeconds;

  CheckCommand(ClusterProbe probe) {
    this.probe = requireNonNull(probe, "probe is null");
  }

  @Override
  public Integer call() {
    if (timeoutSeconds < 1) {
      throw new ParameterException(spec.commandLine(), "--timeout must be at least 1 second");
    }
    var read = configuration.read(spec.commandLine().getErr());
    if (read.isEmpty()) {
      return ExitCode.FAULTY;
    }
    var report = check(read.get());
    print(report);
    return report.exitCode();
  }

  private CheckReport check(Configuration configuration) {
    var clusters = new ArrayList<CompletableFuture<CheckReport.Cluster>>();
    clusters.add(
        ask("primary", configuration.primary(), RequiredPermissions.inPrimary(configuration)));
    for (var member : configuration.members()) {
      clusters.add(ask("member " + member.name(), member.access(), RequiredPermissions.in(member)));
    }
    var found = clusters.stream().map(CompletableFuture::join).toList();
    return new CheckReport(
        found,
        found.get(0).finding() instanceof Finding.Reached
            ? probe.unconfigured(configuration)
            : new TreeMap<>());
  }

  /** A thread for each cluster: one that does not answer must not delay another. */
  private CompletableFuture<CheckReport.Cluster> ask(
      String label, ClusterAccess access, List<Permission> permissions) {
    var timeout = Duration.ofSeconds(timeoutSeconds);
    Executor thread =
        task -> {
          var worker = new Thread(task, "check " + label);
          worker.setDaemon(true);
          worker.start();
        };
    return CompletableFuture.supplyAsync(() -> probe.probe(access, permissions, timeout), thread)
        .completeOnTimeout(
            new Finding.Unreachable(
                access + ": no complete answer within " + timeoutSeconds + " s"),
            // A request that runs into its own time-out has the better message.
            timeout.toMillis() + 500,
            TimeUnit.MILLISECONDS)
        .exceptionally(failure -> new Finding.Unreachable(ApiServerProbe.reason(failure)))
        .thenApply(finding -> new CheckReport.Cluster(label, permissions.size(), finding));
  }

  private void print(CheckReport report) {
    var out = spec.commandLine().getOut();
    switch (output) {
      case text -> report.lines().forEach(out::println);
      case json ->
          out.println(
              JsonMapper.builder()
                  .enable(SerializationFeature.INDENT_OUTPUT)
                  .build()
                  .writeValueAsString(report.tree()));
    }
    out.flush();
  }
}
