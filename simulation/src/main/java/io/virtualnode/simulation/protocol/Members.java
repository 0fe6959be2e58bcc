package io.virtualnode.simulation.protocol;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What the members have, by {@link Place#index}, and what an observer of all of them has noted.
 *
 * @param ranAt where containers of the proxy were first started; {@link Place#NOWHERE} if never
 * @param ranUid in which delegate
 * @param meddled whether somebody else has deleted what is ours
 */
record Members(List<Delegate> places, Place ranAt, int ranUid, boolean meddled) {

  /** Nothing in any place. */
  static Members empty(int attempts) {
    return new Members(Collections.nCopies(2 * attempts, Delegate.NONE), Place.NOWHERE, 0, false);
  }

  Delegate at(Place place) {
    return places.get(place.index());
  }

  Members with(Place place, Delegate delegate) {
    return new Members(replaced(places, place, delegate), ranAt, ranUid, meddled);
  }

  /** Somebody else has left that there. */
  Members meddledWith(Place place, Delegate left) {
    return new Members(replaced(places, place, left), ranAt, ranUid, true);
  }

  static List<Delegate> replaced(List<Delegate> places, Place place, Delegate delegate) {
    var changed = new ArrayList<>(places);
    changed.set(place.index(), delegate);
    return List.copyOf(changed);
  }

  /** Whether that delegate is the one that was started first. */
  boolean ran(Place place, int uid) {
    return ranUid == uid && ranAt.equals(place);
  }

  boolean hasRun() {
    return ranUid != 0;
  }

  /** The delegate's containers are started. */
  Members started(Place place) {
    var started = at(place).in(Delegate.Phase.RUNNING);
    var changed = replaced(places, place, started);
    return hasRun()
        ? new Members(changed, ranAt, ranUid, meddled)
        : new Members(changed, place, started.uid(), meddled);
  }

  boolean hasOurs() {
    return places.stream().anyMatch(Delegate::isOurs);
  }
}
