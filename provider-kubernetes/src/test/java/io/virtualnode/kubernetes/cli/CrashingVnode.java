package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.CrashingNode;
import io.virtualnode.kubernetes.chaos.Fuse;

/** The {@code vnode} command with nothing changed but that a {@link Fuse} may end its process. */
public final class CrashingVnode {

  private CrashingVnode() {}

  /** As {@link Vnode#main}. */
  public static void main(String[] args) {
    var fuse = Fuse.ofThisProcess();
    System.exit(
        Vnode.commandLine(
                configuration ->
                    new ForwardingProcess(configuration, newest -> CrashingNode.of(newest, fuse)),
                Shutdown.signals(),
                new ApiServerProbe())
            .execute(args));
  }
}
