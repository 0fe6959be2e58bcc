package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.NodeKey;
import org.jspecify.annotations.Nullable;

/** What a process knows of one proxy and its delegate; as {@code Forwarding} in the product. */
final class Forwarded {

  final Proxy proxy; // for its name and what never changes of it
  boolean inPrimary;
  boolean terminal;
  boolean deleting;
  boolean ranBefore;
  @Nullable NodeKey intent;
  boolean inherited;
  Run.@Nullable Sighting delegate;
  boolean seen;
  boolean accepted;
  boolean doubtful;
  boolean gone;
  boolean removing;
  boolean writing; // its end is being written
  boolean busy; // a step is under way
  boolean again; // something has changed meanwhile
  int failures;

  Forwarded(Proxy proxy) {
    this.proxy = proxy;
  }

  /** The slot of a delegate that may exist, or come to exist, and has not been seen. */
  @Nullable NodeKey slotByIntent() {
    return seen || gone ? null : intent;
  }

  boolean uses(String member) {
    return intent != null
        && intent.member().equals(member)
        && (delegate != null || (!seen && !gone));
  }
}
