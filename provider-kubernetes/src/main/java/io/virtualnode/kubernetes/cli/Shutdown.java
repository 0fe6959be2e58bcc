package io.virtualnode.kubernetes.cli;

/** Where the wish to stop the process comes from. */
@FunctionalInterface
interface Shutdown {

  /** Runs the task, once, when the process is asked to stop, and then ends with its result. */
  void onRequest(Task task);

  /** Stops what runs and says the exit code. */
  @FunctionalInterface
  interface Task {

    int stop();
  }

  /**
   * SIGTERM, SIGINT and the normal end of the JVM.
   *
   * <p>A JVM that ends by a signal exits with 128 + its number, whatever its hooks do; only halting
   * it in the hook makes a clean stop exit with 0, as a container's owner expects.
   */
  static Shutdown signals() {
    return task ->
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(() -> Runtime.getRuntime().halt(task.stop()), "vnode-shutdown"));
  }
}
