package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Place.Cluster;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What the process knows that leads: nothing else does it decide by. Which of the replicas it is
 * makes no difference.
 *
 * @param proxy as its watch, or the last answer, showed it
 * @param view what the members' watches have shown, by {@link Place#index}
 * @param memory what it has been told of the intended delegate, or done to it
 * @param seen the UID of the intended delegate if it has seen it; 0 if not
 * @param sent the request that it is about to send, or that it has sent and awaits the answer of
 */
record Leader(Proxy proxy, List<Delegate> view, Memory memory, int seen, Request sent) {

  /** What it knows of the intended delegate beside what it sees. */
  enum Memory {
    NOTHING,
    /** The member has it, says the member. */
    ACCEPTED,
    /** It was accepted and is not there any more. */
    VANISHED,
    /** The member refuses it: the name is somebody else's. */
    REFUSED,
    /** It was deleted while it was on no node. */
    TAKEN_BACK,
    /** A tombstone stands in its place. */
    BURIED,
    /** Asked, the member has said that it is not there. */
    GONE
  }

  /** Nobody leads. */
  static final Leader NOBODY = new Leader(Proxy.ABSENT, List.of(), Memory.NOTHING, 0, Request.NONE);

  /** Begins to lead: it has listed the primary, and no member yet. */
  static Leader beginning(Proxy listed, int places) {
    return new Leader(
        listed, Collections.nCopies(places, Delegate.UNKNOWN), Memory.NOTHING, 0, Request.NONE);
  }

  boolean isNobody() {
    return view.isEmpty();
  }

  boolean isIdle() {
    return sent.equals(Request.NONE);
  }

  Delegate at(Place place) {
    return view.get(place.index());
  }

  Leader sending(Request request) {
    return new Leader(proxy, view, memory, seen, request);
  }

  Leader remembering(Memory what) {
    return new Leader(proxy, view, what, seen, sent);
  }

  /** The primary has said that the proxy is gone. */
  Leader knowingItGone() {
    return new Leader(Proxy.GONE, view, Memory.NOTHING, 0, sent);
  }

  /** The primary shows the proxy, or no longer does. */
  Leader seeing(Proxy actual) {
    if (proxy.equals(Proxy.GONE)) {
      return this;
    }
    var shown = actual.exists() ? actual : Proxy.ABSENT;
    boolean moved = !shown.intent().equals(proxy.intent());
    return new Leader(shown, view, moved ? Memory.NOTHING : memory, moved ? 0 : seen, sent)
        .noticing();
  }

  /** A member's watch shows all that it has of ours now. */
  Leader seeing(Cluster cluster, Members members) {
    var newest = new ArrayList<>(view);
    for (int i = 0; i < newest.size(); i++) {
      if (Place.of(i).cluster() == cluster) {
        newest.set(i, members.places().get(i));
      }
    }
    return new Leader(proxy, List.copyOf(newest), memory, seen, sent).noticing();
  }

  /** A member shows what it has in one place. */
  Leader seeing(Place place, Delegate there) {
    return new Leader(proxy, Members.replaced(view, place, there), memory, seen, sent).noticing();
  }

  /** The delegate was deleted while it was on no node: its absence is no loss. */
  Leader takenBack(Place place, int uid, Memory next) {
    return new Leader(proxy, Members.replaced(view, place, Delegate.NONE), next, uid, sent);
  }

  /** Whatever the member keeps in that place, it is not what was taken back. */
  Leader keeping() {
    return new Leader(proxy, view, Memory.NOTHING, 0, sent).noticing();
  }

  private Leader noticing() {
    if (seen != 0 || proxy.intent().equals(Place.NOWHERE) || !at(proxy.intent()).isDelegate()) {
      return this;
    }
    return new Leader(proxy, view, Memory.NOTHING, at(proxy.intent()).uid(), sent);
  }
}
