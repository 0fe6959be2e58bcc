package io.virtualnode.kubernetes.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** The command run inside the test, with what it printed. */
record VnodeRun(int exitCode, String out, String err) {

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
