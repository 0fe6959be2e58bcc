package io.virtualnode.testkit;

/**
 * How pods behave on simulated nodes. A pod asks for its behaviour by annotations, which may be set
 * at creation or changed while the pod lives; durations are written as Go writes them ({@code
 * "1500ms"}, {@code "2s"}, {@code "1m30s"}).
 *
 * <p>Without any annotation a pod starts at once; a Job's pod then succeeds after a second, and
 * every other pod runs until it is deleted. {@code activeDeadlineSeconds} is enforced as by a
 * kubelet. A container is never restarted: {@code restartPolicy: OnFailure} is played as {@code
 * Never}.
 */
public final class Simulation {

  /** Time from the binding of the pod to Running; "50ms" when absent. */
  public static final String START_DELAY = "sim.virtualnode.io/start-delay";

  /**
   * Time from Running to the end. Pods of restartPolicy Never or OnFailure only. When absent, pods
   * of Jobs run for one second and others for ever.
   */
  public static final String RUN_FOR = "sim.virtualnode.io/run-for";

  /** Exit code of every container at the end, "0" when absent. Any other fails the pod. */
  public static final String EXIT_CODE = "sim.virtualnode.io/exit-code";

  /** How the pod ends, or what keeps it from starting: one of the {@code OUTCOME_} values. */
  public static final String OUTCOME = "sim.virtualnode.io/outcome";

  /**
   * Time from the deletion to the end of the containers, at most the grace period; "0s" if absent.
   */
  public static final String STOP_DELAY = "sim.virtualnode.io/stop-delay";

  /** On a node: "true" makes its kubelet post Ready=False until the annotation is removed. */
  public static final String NODE_NOT_READY = "sim.virtualnode.io/not-ready";

  /** The containers end with exit code 137 and reason OOMKilled. */
  public static final String OUTCOME_OOM_KILLED = "OOMKilled";

  /** The pod fails as if its activeDeadlineSeconds had passed when its run time is over. */
  public static final String OUTCOME_DEADLINE_EXCEEDED = "DeadlineExceeded";

  /** The kubelet evicts the pod for memory pressure when its run time is over. */
  public static final String OUTCOME_EVICTED = "Evicted";

  /** The pod stays Pending; its containers wait with reason ImagePullBackOff. */
  public static final String OUTCOME_IMAGE_PULL_BACK_OFF = "ImagePullBackOff";

  /** The pod stays Pending; its containers wait with reason CreateContainerError. */
  public static final String OUTCOME_CREATE_CONTAINER_ERROR = "CreateContainerError";

  private Simulation() {}
}
