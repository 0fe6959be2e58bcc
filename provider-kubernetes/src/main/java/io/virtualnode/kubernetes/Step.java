package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.kubernetes.Forwarding.Delegate;
import io.virtualnode.kubernetes.delegate.Intent;
import java.util.Optional;

/** What is to be done next for a proxy that is to run. */
sealed interface Step {

  /** Nothing, until something changes. */
  record Nothing() implements Step {}

  /** Show what the delegate shows. */
  record Show(PodStatus status) implements Step {}

  /**
   * Find a slot, create a delegate there, store it as the intent, and start it.
   *
   * @param after the intent before it, if there was one: its delegate provably never ran
   */
  record Place(Optional<Intent> after) implements Step {}

  /** Start the delegate, which was created and is where it is intended. */
  record Start(Delegate delegate) implements Step {}

  /** Delete a delegate that was never started and is not the intended one. */
  record Discard(Delegate delegate) implements Step {}

  /**
   * Take back the delegate, which has found no node in its member for too long, if there is room
   * elsewhere.
   *
   * @param version the resourceVersion at which it was on no node
   */
  record TakeBack(Delegate delegate, String version, Intent intent) implements Step {}

  /** Ask the member whether the delegate that it accepted is still there. */
  record LookFor(Intent intent) implements Step {}

  /** The delegate ran and is no more; nobody can say how it ended. */
  record GiveUp(String message) implements Step {}

  /**
   * Nothing can be known while the member is out of sight; it is looked at again when it is back.
   */
  record AwaitSight() implements Step {}

  /** Nobody knows how it is: the member that has its delegate is not configured. */
  record NotConfigured(Intent intent) implements Step {}

  /**
   * Another version of this program has decided on it, in a form that this one cannot read: nothing
   * is done, and that is said.
   */
  record LeaveAlone(String message) implements Step {}

  /** It cannot go on before somebody sees to it. */
  record Await(String message) implements Step {}
}
