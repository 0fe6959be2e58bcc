package io.virtualnode.kubernetes.cli;

import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The {@code vnode} command. */
@Command(
    name = "vnode",
    description = {
      "A virtual node whose capacity is what its member clusters really have free.",
      "Pods bound to it in the primary cluster run in the members."
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    scope = CommandLine.ScopeType.INHERIT,
    versionProvider = Vnode.VersionLines.class,
    footerHeading = "%nEnvironment:%n",
    footer = {
      "  VNODE_LOG         log level: error, warn, info (default), debug or trace",
      "  VNODE_LOG_FORMAT  plain (default) or json",
      "",
      "Start with: vnode check --config vnode.yaml"
    })
public final class Vnode {

  private Vnode() {}

  /** Runs the command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.exit(
        commandLine(ForwardingProcess::new, Shutdown.signals(), new ApiServerProbe())
            .execute(args));
  }

  static CommandLine commandLine(
      NodeProcess.Factory factory, Shutdown shutdown, ClusterProbe probe) {
    return new CommandLine(new Vnode())
        .addSubcommand(new RunCommand(factory, shutdown))
        .addSubcommand(new CheckCommand(probe))
        .addSubcommand(new CapacityCommand())
        .addSubcommand(new WhyCommand())
        .addSubcommand(new DrainCommand())
        .addSubcommand(new VersionCommand())
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              LoggerFactory.getLogger(Vnode.class).debug("vnode failed", failure);
              command.getErr().println("vnode: " + failure);
              command.getErr().flush();
              return ExitCode.FAILED;
            });
  }

  /** For {@code --version}. */
  static final class VersionLines implements IVersionProvider {

    @Override
    public String[] getVersion() {
      return Versions.lines().toArray(String[]::new);
    }
  }
}
