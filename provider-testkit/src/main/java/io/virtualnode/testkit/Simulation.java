package io.virtualnode.testkit;

/**
 * Annotations by which a pod says how its simulated life goes, and what they may say.
 *
 * <p>Without any, a pod becomes Running and runs until it is deleted; a Job's pod succeeds after
 * one second.
 */
public final class Simulation {

  /** Pod annotation: time from being bound to Running, such as {@code "1500ms"}. */
  public static final String START_DELAY = "sim.virtualnode.io/start-delay";

  /**
   * Pod annotation: time from Running to the end, such as {@code "1500ms"}; gives any pod an end.
   */
  public static final String RUN_FOR = "sim.virtualnode.io/run-for";

  /** Pod annotation: the containers' exit code, default {@code "0"}. */
  public static final String EXIT_CODE = "sim.virtualnode.io/exit-code";

  /**
   * Pod annotation: another end than by exit code, or no start: {@code OOMKilled}, {@code
   * DeadlineExceeded}, {@code Evicted}, {@code ImagePullBackOff}, {@code CreateContainerError}.
   */
  public static final String OUTCOME = "sim.virtualnode.io/outcome";

  /** Pod annotation: time from deletion to the containers' end, default at once. */
  public static final String STOP_DELAY = "sim.virtualnode.io/stop-delay";

  /** Node label: {@code "true"} makes a simulated node NotReady until it is taken away. */
  public static final String NOT_READY = "sim.virtualnode.io/not-ready";

  static final String FAKE_NODE = "kwok.x-k8s.io/node";
  static final String FAKE_NODE_VALUE = "fake";

  private Simulation() {}
}
