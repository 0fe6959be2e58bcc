package io.virtualnode.kubernetes.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** The command run inside the test, with what it printed. */
public record VnodeRun(int exitCode, String out, String err) {

  /** Any command but {@code run}, as it is. */
  public static VnodeRun command(String... arguments) {
    return of(
        configuration -> {
          throw new AssertionError("not to be run");
        },
        task -> {},
        new ApiServerProbe(),
        arguments);
  }

  static VnodeRun of(
      NodeProcess.Factory factory, Shutdown shutdown, ClusterProbe probe, String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var exitCode =
        Vnode.commandLine(factory, shutdown, probe)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new VnodeRun(exitCode, out.toString(), err.toString());
  }
}
