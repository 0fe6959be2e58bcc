package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Place.Cluster;
import io.virtualnode.simulation.protocol.Proxy.End;
import io.virtualnode.simulation.protocol.Proxy.Presence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What the process knows that leads: nothing else does it decide by. Which of the replicas it is
 * makes no difference.
 *
 * @param proxy as its watch, or the last answer, showed it
 * @param view what the members' watches have shown, by {@link Place#index}
 * @param made the UIDs of the delegates that it has created, or found when it was about to, and
 *     that are not known to be gone, by {@link Place#index}; 0 for none
 * @param memory what it has been told of the intended delegate, or done to it
 * @param seen the UID of the intended delegate if it has seen it; 0 if not
 * @param sent the request that it is about to send, or that it has sent and awaits the answer of
 */
record Leader(
    Proxy proxy, List<Delegate> view, List<Integer> made, Memory memory, int seen, Request sent) {

  /** What it knows of the intended delegate beside what it sees. */
  enum Memory {
    NOTHING,
    /** The member has it, says the member. */
    ACCEPTED,
    /** It was to be opened, or was accepted, and is not there. */
    VANISHED,
    /** It was deleted while it was on no node. */
    TAKEN_BACK,
    /** Asked, the member has said that it is not there. */
    GONE
  }

  /** Nobody leads. */
  static final Leader NOBODY =
      new Leader(Proxy.ABSENT, List.of(), List.of(), Memory.NOTHING, 0, Request.NONE);

  /** Begins to lead: it has listed the primary, and no member yet. */
  static Leader beginning(Proxy listed, int places) {
    return new Leader(
        listed,
        Collections.nCopies(places, Delegate.UNKNOWN),
        noneMade(places),
        Memory.NOTHING,
        0,
        Request.NONE);
  }

  static List<Integer> noneMade(int places) {
    return Collections.nCopies(places, 0);
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

  /** The UID of what it has created there; 0 for none. */
  int made(Place place) {
    return made.get(place.index());
  }

  /** Whether that is what the intent names; without a name, whatever is in its place. */
  boolean isIntended(Delegate there) {
    return there.isOurs() && (proxy.named() == 0 || proxy.named() == there.uid());
  }

  Leader sending(Request request) {
    return new Leader(proxy, view, made, memory, seen, request);
  }

  Leader remembering(Memory what) {
    return new Leader(proxy, view, made, what, seen, sent);
  }

  /** It has created that, or found it when it was about to create one. */
  Leader making(Place place, int uid) {
    var more = new ArrayList<>(made);
    more.set(place.index(), uid);
    return new Leader(proxy, view, List.copyOf(more), memory, seen, sent);
  }

  /** The primary has said that the proxy is gone. */
  Leader knowingItGone() {
    return new Leader(Proxy.GONE, view, noneMade(view.size()), Memory.NOTHING, 0, sent);
  }

  /** The primary shows the proxy, or no longer does. */
  Leader seeing(Proxy actual) {
    if (proxy.equals(Proxy.GONE)) {
      return this;
    }
    var shown = actual.exists() ? actual : Proxy.ABSENT;
    boolean moved = !shown.intent().equals(proxy.intent()) || shown.named() != proxy.named();
    return new Leader(shown, view, made, moved ? Memory.NOTHING : memory, moved ? 0 : seen, sent)
        .noticing();
  }

  /** A member's watch shows all that it has of ours now. */
  Leader seeing(Cluster cluster, Members members) {
    var shown = this;
    for (int i = 0; i < view.size(); i++) {
      if (Place.of(i).cluster() == cluster) {
        shown = shown.shown(Place.of(i), members.places().get(i));
      }
    }
    return shown.noticing();
  }

  /** A member shows what it has in one place. */
  Leader seeing(Place place, Delegate there) {
    return shown(place, there).noticing();
  }

  private Leader shown(Place place, Delegate there) {
    var newest = new Leader(proxy, Members.replaced(view, place, there), made, memory, seen, sent);
    boolean lasts = there.isDelegate() && there.uid() == made(place);
    return lasts || made(place) == 0 ? newest : newest.making(place, 0);
  }

  /** With versions counted from that one. */
  Leader since(int start) {
    return new Leader(proxy.since(start), view, made, memory, seen, sent.since(start));
  }

  /** The same without what it never decides by again. */
  Leader tidy() {
    boolean decides = proxy.presence() == Presence.LIVE && proxy.end() == End.NONE;
    var useful = decides ? usefulMade() : noneMade(view.size());
    boolean follows = decides || proxy.presence() == Presence.DELETING;
    return useful.equals(made) && (follows || (memory == Memory.NOTHING && seen == 0))
        ? this
        : new Leader(
            proxy, view, useful, follows ? memory : Memory.NOTHING, follows ? seen : 0, sent);
  }

  /** What has been seen is not asked after; what is past is never intended. */
  private List<Integer> usefulMade() {
    var useful = new ArrayList<>(made);
    for (int i = 0; i < useful.size(); i++) {
      var place = Place.of(i);
      boolean intended = place.equals(proxy.intent()) && seen == 0;
      if (!intended && place.attempt() <= proxy.intent().attempt()) {
        useful.set(i, 0);
      }
    }
    return List.copyOf(useful);
  }

  private Leader noticing() {
    if (seen != 0 || proxy.intent().equals(Place.NOWHERE)) {
      return this;
    }
    var there = at(proxy.intent());
    return there.isDelegate() && isIntended(there)
        ? new Leader(proxy, view, made, Memory.NOTHING, there.uid(), sent)
        : this;
  }
}
