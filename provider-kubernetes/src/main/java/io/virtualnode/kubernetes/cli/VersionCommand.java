package io.virtualnode.kubernetes.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code vnode version}. */
@Command(name = "version", description = "Prints the versions of vnode, Java and the client.")
final class VersionCommand implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    Versions.lines().forEach(out::println);
    out.flush();
    return ExitCode.OK;
  }
}
