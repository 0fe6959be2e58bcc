package io.virtualnode.api;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A provider's way back to the node that runs it.
 *
 * <p>Implemented by the node, called by the provider, from within {@link Provider#start} on. All
 * methods are thread-safe and none blocks. What is pushed is a level: only the newest value counts,
 * values that change nothing cost nothing.
 *
 * <p><b>Which pods.</b> Once every pod of the node has been seen (see {@link
 * PodObserver#podsSynced}), what is said of a pod that the primary does not have is ignored. Before
 * that it is kept, because the pod may still turn up, and no {@link Provider#apply} or {@link
 * Provider#remove} comes. A provider may therefore push what it finds at once, and need not ask
 * first.
 *
 * <p><b>Threads.</b> The stages of {@link #record} and {@link #live} complete on the threads from
 * which {@link Provider#apply} is called: what depends on them must not block either.
 */
public interface NodeContext {

  /** The name of the virtual node, which is {@code spec.nodeName} of its pods. */
  String nodeName();

  /**
   * What identifies the primary cluster for as long as it exists: the UID of its {@code
   * kube-system} namespace. Together with {@link #nodeName} it scopes what a provider owns
   * elsewhere.
   */
  String primaryUid();

  /**
   * Replaces what the node says of itself: capacity, allocatable, health.
   *
   * <p>Whoever takes room away before it is given out anew waits for the stage: until then the
   * primary's scheduler may act on the report before.
   *
   * @return completes when the primary has this report or a newer one, which may be never: it is
   *     tried for as long as the node runs
   */
  CompletionStage<Void> report(NodeReport report);

  /**
   * Replaces the pod's status as the provider sees it.
   *
   * <p>The value is complete: a field left out is absent. It is copied; the caller may change it
   * afterwards. Conditions are merged by type: those of a kubelet (Ready and so on), those that
   * {@link Provider#pushedConditions} names and those of a type that was pushed before are taken
   * away when they are left out; those of the scheduler, of users' readiness gates and of {@link
   * #record} stay. Between two values pushed quickly the first may be skipped, except that a pod
   * pushed as Running and then as terminal is always written as Running first. A terminal status is
   * final: later ones are ignored.
   *
   * <p>A status that the primary refuses as malformed is told in an event, and only its phase,
   * reason and message are written; a refused Running that an end has followed is left out.
   */
  void podStatus(PodKey pod, PodStatus status);

  /**
   * Says that nothing of the pod is left at the provider.
   *
   * <p>A pod that is being deleted is then removed from the primary (with its UID as precondition),
   * after its last pushed status has been written. If that is not terminal the pod becomes Failed
   * before it goes, as under a kubelet since 1.27: Jobs wait for an end. A pod that is neither
   * being deleted nor terminal becomes Failed with reason {@code PodGone}. A provider that knows
   * how the pod ended pushes its own terminal status first. What was said cannot be taken back.
   */
  void podGone(PodKey pod);

  /**
   * Asks that {@link Provider#apply} come again for this pod, for instance because room appeared.
   * Nothing comes for a pod that is terminal, being deleted or unknown.
   */
  void requeue(PodKey pod);

  /**
   * Writes a condition of the provider's own on the pod and completes once the primary has stored
   * it.
   *
   * <p>This is a provider's durable memory: what it needs to know about the pod after a crash,
   * before it acts on it. Users cannot write a status condition and creating a pod resets it, so it
   * cannot be forged. Only to be called while an {@link Provider#apply} of this pod is in progress,
   * so that one write follows from one decision: it takes the place of the condition of that type
   * that the apply was given, and of no other. So of several nodes that decide for the same pod, as
   * when one takes over from another that is not quite dead, one prevails. A newer pushed status
   * travels in the same request.
   *
   * @param condition type (a qualified name of the provider's, and none of {@link
   *     Provider#pushedConditions}), status, reason and message; copied; the transition time is set
   *     here where it is absent
   * @return the pod as stored; fails with {@link ProviderException}: {@code NOT_FOUND} if the pod
   *     is gone, {@code CONFLICT} if it has come to have another condition of that type, {@code
   *     INVALID} outside of an apply, {@code UNAVAILABLE} if the primary refused or did not answer.
   *     After a failure nothing may be done that relied on the record — but it <em>may be stored
   *     all the same</em>, where only the answer was lost: the next apply shows it
   */
  CompletionStage<Pod> record(PodKey pod, PodCondition condition);

  /**
   * Reads the pod from the primary itself, past every cache.
   *
   * @return the pod, or empty if the primary has no pod of that name with that UID; fails with
   *     {@link ProviderException} {@code UNAVAILABLE} if it did not answer, which proves nothing
   */
  CompletionStage<Optional<Pod>> live(PodKey pod);

  /**
   * Publishes a Kubernetes event about the pod: best effort, the same words once.
   *
   * @param warning whether the type is {@code Warning}, else {@code Normal}
   * @param reason a short CamelCase word, as in {@code kubectl get events}
   * @param message one sentence for the pod's owner
   */
  void event(PodKey pod, boolean warning, String reason, String message);
}
