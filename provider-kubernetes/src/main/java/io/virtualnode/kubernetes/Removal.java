package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.Forwarding.Delegate;
import io.virtualnode.kubernetes.delegate.Intent;

/** What is to be done next for a proxy that is to end. */
sealed interface Removal {

  /** Delete the delegate that is there. */
  record Delete(Delegate delegate) implements Removal {}

  /** Delete the delegate that may be there. */
  record DeleteUnseen(Intent intent) implements Removal {}

  /** Whether there is a delegate, and where, is not known: another version wrote the intent. */
  record Unreadable(String message) implements Removal {}

  /** Nothing: no delegate is left, and none can come. */
  record Done() implements Removal {}
}
