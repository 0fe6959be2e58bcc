package io.virtualnode.kubernetes.cli;

/** A {@code vnode} over a node that does nothing, for tests that need a process of its own. */
final class VnodeForTest {

  private VnodeForTest() {}

  public static void main(String[] arguments) {
    var process =
        new FakeNodeProcess() {
          @Override
          public void start() {
            System.out.println("started");
          }

          @Override
          public void close() {
            System.out.println("closed");
          }
        };
    System.exit(
        Vnode.commandLine(configuration -> process, Shutdown.signals(), new ApiServerProbe())
            .execute(arguments));
  }
}
