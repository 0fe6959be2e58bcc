package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Delegate.Phase;
import io.virtualnode.simulation.protocol.Leader.Memory;
import io.virtualnode.simulation.protocol.Proxy.End;
import io.virtualnode.simulation.protocol.Proxy.Presence;
import io.virtualnode.simulation.protocol.Request.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What a leader does next, from what it knows alone. Pure. */
final class Decisions {

  private final Protocol protocol;
  private final int attempts;

  Decisions(Protocol protocol, int attempts) {
    this.protocol = protocol;
    this.attempts = attempts;
  }

  /** The requests of which it sends one; none if it waits. */
  List<Request> next(Leader leader) {
    return switch (leader.proxy().presence()) {
      case ABSENT -> protocol.has(Rule.LIVE_GET) ? List.of() : removals(leader);
      case GONE -> removals(leader);
      case DELETING -> Stream.concat(end(leader), unmarkings(leader)).toList();
      case LIVE ->
          leader.proxy().end() == End.NONE
              ? Stream.of(run(leader), discards(leader), unmarkings(leader))
                  .flatMap(requests -> requests)
                  .toList()
              : List.of();
      case REPLACED -> throw new IllegalStateException("a leader sees its own proxy only");
    };
  }

  /** Whether it asks the primary if the proxy is really gone. */
  boolean asksPrimary(Leader leader) {
    return leader.proxy().presence() == Presence.ABSENT
        && protocol.has(Rule.LIVE_GET)
        && !removals(leader).isEmpty();
  }

  /** Whether it asks the member if the delegate is there, which it has not seen. */
  boolean asksMember(Leader leader) {
    var proxy = leader.proxy();
    if (proxy.intent().equals(Place.NOWHERE)
        || leader.seen() != 0
        || leader.isIntended(leader.at(proxy.intent()))) {
      return false;
    }
    return switch (proxy.presence()) {
      case LIVE -> proxy.end() == End.NONE && leader.memory() == Memory.ACCEPTED;
      case DELETING -> leader.memory() != Memory.GONE && leader.memory() != Memory.TAKEN_BACK;
      case ABSENT, GONE, REPLACED -> false;
    };
  }

  private static Stream<Place> places(Leader leader) {
    return IntStream.range(0, leader.view().size()).mapToObj(Place::of);
  }

  /** Deletes what is left in members of a proxy that is gone. */
  private List<Request> removals(Leader leader) {
    return places(leader).flatMap(place -> removal(leader, place)).toList();
  }

  private Stream<Request> removal(Leader leader, Place place) {
    var there = leader.at(place);
    if (there.phase() == Phase.UNRUN || (isMarkedInVain(there) && protocol.has(Rule.UNMARKED))) {
      return Stream.of(letGo(place, there));
    }
    return there.isOurs() && !there.deleting() ? Stream.of(deletion(place, there)) : Stream.of();
  }

  private Request deletion(Place place, Delegate delegate) {
    int uid = protocol.has(Rule.DELETE_BY_UID) ? delegate.uid() : Request.ANY;
    return Request.change(Kind.DELETE, place, uid, Phase.UNKNOWN);
  }

  private static Request letGo(Place place, Delegate delegate) {
    return Request.change(Kind.LET_GO, place, delegate.uid(), Phase.UNKNOWN);
  }

  /** Whether it was to be taken back, and has found a node before that. */
  private static boolean isMarkedInVain(Delegate there) {
    return there.marked() && there.isOnNode();
  }

  /** Takes the mark off what was not taken back, or need not be known of any more. */
  private Stream<Request> unmarkings(Leader leader) {
    return places(leader)
        .filter(place -> isToBeUnmarked(leader, place, leader.at(place)))
        .map(place -> letGo(place, leader.at(place)));
  }

  private boolean isToBeUnmarked(Leader leader, Place place, Delegate there) {
    if (there.phase() != Phase.UNRUN) {
      return isMarkedInVain(there) && protocol.has(Rule.UNMARKED);
    }
    var intent = leader.proxy().intent();
    boolean another = !intent.equals(Place.NOWHERE) && !isIntended(leader, place, there);
    return another || !protocol.has(Rule.KEPT_UNTIL_MOVED);
  }

  private static boolean isIntended(Leader leader, Place place, Delegate there) {
    return place.equals(leader.proxy().intent()) && leader.isIntended(there);
  }

  /** Deletes what was created and is not intended. */
  private Stream<Request> discards(Leader leader) {
    return places(leader)
        .filter(place -> leader.at(place).phase() == Phase.GATED)
        .filter(place -> !isIntended(leader, place, leader.at(place)))
        .filter(place -> isUseless(leader, place))
        .map(place -> Request.change(Kind.DISCARD, place, leader.at(place).uid(), Phase.GATED));
  }

  /** By the rule only if a later intent is stored, or another one of the same attempt. */
  private boolean isUseless(Leader leader, Place place) {
    return protocol.has(Rule.PAST_STRAYS)
        ? place.attempt() <= leader.proxy().intent().attempt()
        : leader.at(place).uid() != leader.made(place);
  }

  /** Ends what there is of a proxy that is being deleted, and then the proxy. */
  private Stream<Request> end(Leader leader) {
    var finish = Stream.of(Request.finish(protocol.has(Rule.FINISH_BY_UID)));
    var place = leader.proxy().intent();
    if (place.equals(Place.NOWHERE) || !protocol.has(Rule.GONE_FIRST)) {
      return finish;
    }
    var there = leader.at(place);
    if (there.isDelegate() && leader.isIntended(there)) {
      return there.deleting() ? Stream.of() : Stream.of(deletion(place, there));
    }
    boolean gone =
        hasNeverRun(leader, there)
            || leader.memory() == Memory.GONE
            || (leader.seen() != 0 && there.phase() != Phase.UNKNOWN);
    return gone ? finish : Stream.of();
  }

  /** Brings the delegate of a proxy to life that has no end yet, and shows what becomes of it. */
  private Stream<Request> run(Leader leader) {
    var place = leader.proxy().intent();
    if (place.equals(Place.NOWHERE)) {
      return place(leader);
    }
    var there = leader.at(place);
    if (hasNeverRun(leader, there)) {
      return place(leader);
    }
    if (there.isDelegate() && leader.isIntended(there)) {
      return follow(leader, place, there);
    }
    if (isOwn(leader, place)) {
      return leader.memory() == Memory.NOTHING
          ? Stream.of(opening(place, leader.made(place)))
          : Stream.of();
    }
    if (there.phase() == Phase.UNKNOWN || leader.memory() == Memory.ACCEPTED) {
      return Stream.of();
    }
    return protocol.has(Rule.NEVER_AGAIN)
        ? Stream.of(patch(Kind.SHOW_LOSS, leader, 0))
        : place(leader);
  }

  /** Whether the intended delegate is one that was deleted before it was on a node. */
  private static boolean hasNeverRun(Leader leader, Delegate there) {
    return leader.memory() == Memory.TAKEN_BACK
        || (there.phase() == Phase.UNRUN && leader.isIntended(there));
  }

  /** Whether it has created the intended delegate, which no watch has shown yet. */
  private static boolean isOwn(Leader leader, Place place) {
    int made = leader.made(place);
    return leader.seen() == 0
        && !leader.proxy().ran()
        && leader.memory() != Memory.VANISHED
        && made != 0
        && (leader.proxy().named() == made || leader.proxy().named() == 0);
  }

  /** Creates a delegate, and stores which it is. */
  private Stream<Request> place(Leader leader) {
    var made = nexts(leader).filter(next -> leader.made(next) != 0).toList();
    return made.isEmpty()
        ? nexts(leader).map(next -> Request.create(next, protocol))
        : made.stream().map(next -> intent(leader, next, leader.made(next)));
  }

  private Stream<Place> nexts(Leader leader) {
    return leader.proxy().intent().nexts().stream()
        .filter(next -> next.attempt() < attempts)
        .filter(next -> leader.at(next).phase() != Phase.FOREIGN);
  }

  /** Another delegate that it may create beside the one that it is about to intend. */
  List<Request> secondChoices(Leader leader) {
    return next(leader).stream().anyMatch(request -> request.kind() == Kind.INTEND)
        ? nexts(leader)
            .filter(next -> leader.made(next) == 0)
            .map(next -> Request.create(next, protocol))
            .toList()
        : List.of();
  }

  private Request intent(Leader leader, Place place, int made) {
    int version = protocol.has(Rule.INTENT_BY_VERSION) ? leader.proxy().version() : Request.ANY;
    return Request.patch(Kind.INTEND, version, place, protocol.has(Rule.NAMED_UID) ? made : 0);
  }

  private Stream<Request> follow(Leader leader, Place place, Delegate there) {
    var steps = new ArrayList<Request>();
    if (there.phase() == Phase.GATED) {
      steps.add(opening(place, there.uid()));
    }
    if (there.isUnbound() && place.attempt() + 1 < attempts) {
      var unchanged = protocol.has(Rule.TAKE_BACK_BY_VERSION) ? there.phase() : Phase.UNKNOWN;
      boolean ready = there.marked() || !protocol.has(Rule.MARKED);
      steps.add(Request.change(ready ? Kind.TAKE_BACK : Kind.MARK, place, there.uid(), unchanged));
    }
    if (there.phase() == Phase.RUNNING && !leader.proxy().ran()) {
      steps.add(patch(Kind.SHOW_RUN, leader, 0));
    }
    if (there.phase() == Phase.ENDED) {
      steps.add(patch(Kind.SHOW_END, leader, there.uid()));
    }
    return steps.stream();
  }

  private Request opening(Place place, int uid) {
    return Request.change(
        Kind.OPEN, place, protocol.has(Rule.OPEN_BY_UID) ? uid : Request.ANY, Phase.UNKNOWN);
  }

  private static Request patch(Kind kind, Leader leader, int uid) {
    var proxy = leader.proxy();
    return Request.patch(kind, proxy.version(), proxy.intent(), uid);
  }
}
