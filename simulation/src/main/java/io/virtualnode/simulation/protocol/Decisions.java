package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Delegate.Phase;
import io.virtualnode.simulation.protocol.Leader.Memory;
import io.virtualnode.simulation.protocol.Place.Cluster;
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
      case DELETING -> end(leader);
      case LIVE -> leader.proxy().end() == End.NONE ? run(leader) : List.of();
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
        || leader.at(proxy.intent()).isOurs()) {
      return false;
    }
    return proxy.presence() == Presence.LIVE
        ? proxy.end() == End.NONE && leader.memory() == Memory.ACCEPTED
        : leader.memory() != Memory.GONE;
  }

  /** Deletes what is left in members of a proxy that is gone. */
  private List<Request> removals(Leader leader) {
    return IntStream.range(0, leader.view().size())
        .mapToObj(Place::of)
        .filter(place -> leader.at(place).isOurs() && !leader.at(place).deleting())
        .map(place -> deletion(place, leader.at(place)))
        .toList();
  }

  private Request deletion(Place place, Delegate delegate) {
    int uid = protocol.has(Rule.DELETE_BY_UID) ? delegate.uid() : Request.ANY;
    return Request.change(Kind.DELETE, place, uid, Phase.UNKNOWN);
  }

  /** Ends what there is of a proxy that is being deleted, and then the proxy. */
  private List<Request> end(Leader leader) {
    var finish = Request.finish(protocol.has(Rule.FINISH_BY_UID));
    var place = leader.proxy().intent();
    if (place.equals(Place.NOWHERE) || !protocol.has(Rule.GONE_FIRST)) {
      return List.of(finish);
    }
    var there = leader.at(place);
    if (there.isDelegate()) {
      return there.deleting() ? List.of() : List.of(deletion(place, there));
    }
    boolean gone =
        there.phase() == Phase.TOMBSTONE
            || leader.memory() == Memory.GONE
            || (leader.seen() != 0 && there.phase() != Phase.UNKNOWN);
    return gone ? List.of(finish) : List.of();
  }

  /** Brings the delegate of a proxy to life that has no end yet, and shows what becomes of it. */
  private List<Request> run(Leader leader) {
    var place = leader.proxy().intent();
    if (place.equals(Place.NOWHERE)) {
      return Stream.of(Cluster.values())
          .map(cluster -> intent(leader, new Place(cluster, 0)))
          .toList();
    }
    if (leader.memory() == Memory.TAKEN_BACK) {
      return List.of(Request.entomb(place, leader.seen()));
    }
    var there = leader.at(place);
    if (leader.memory() == Memory.BURIED || isGrave(leader, there)) {
      return mayMove(place) ? List.of(intent(leader, place.next())) : List.of();
    }
    if (there.phase() == Phase.UNKNOWN) {
      return List.of();
    }
    if (isLost(leader, there)) {
      return List.of(patch(Kind.SHOW_LOSS, leader, 0));
    }
    if (there.isDelegate()) {
      return follow(leader, place, there);
    }
    return leader.memory() == Memory.NOTHING
            || (!protocol.has(Rule.NEVER_AGAIN) && leader.memory() == Memory.VANISHED)
        ? List.of(
            Request.create(place, protocol.has(Rule.GATED_CREATES) ? Phase.GATED : Phase.OPEN))
        : List.of();
  }

  /** Whether a tombstone proves that the intended delegate has never run. */
  private boolean isGrave(Leader leader, Delegate there) {
    if (there.phase() != Phase.TOMBSTONE || !protocol.has(Rule.TOMBSTONE_BY_UID)) {
      return there.phase() == Phase.TOMBSTONE;
    }
    var proxy = leader.proxy();
    int known = proxy.recorded() != 0 ? proxy.recorded() : leader.seen();
    return !proxy.ran() && (known == 0 || known == there.standsFor());
  }

  /** Whether there was a delegate, by all that is known, and it is no more. */
  private boolean isLost(Leader leader, Delegate there) {
    if (!protocol.has(Rule.NEVER_AGAIN)) {
      return false;
    }
    var proxy = leader.proxy();
    if (proxy.recorded() != 0) {
      return !there.isDelegate() || there.uid() != proxy.recorded();
    }
    if (!there.isDelegate()) {
      return leader.seen() != 0 || proxy.ran() || leader.memory() == Memory.VANISHED;
    }
    boolean another = leader.seen() != 0 && leader.seen() != there.uid();
    boolean tooLate = proxy.ran() && there.isUnbound();
    return another || tooLate;
  }

  private List<Request> follow(Leader leader, Place place, Delegate there) {
    var steps = new ArrayList<Request>();
    if (there.phase() == Phase.GATED) {
      steps.add(
          protocol.has(Rule.RECORDED_UID) && leader.proxy().recorded() == 0
              ? patch(Kind.RECORD, leader, there.uid())
              : Request.change(
                  Kind.OPEN,
                  place,
                  protocol.has(Rule.OPEN_BY_UID) ? there.uid() : Request.ANY,
                  Phase.UNKNOWN));
    }
    if (there.isUnbound() && mayMove(place)) {
      var unchanged = protocol.has(Rule.TAKE_BACK_BY_VERSION) ? there.phase() : Phase.UNKNOWN;
      steps.add(Request.change(Kind.TAKE_BACK, place, there.uid(), unchanged));
    }
    if (there.phase() == Phase.RUNNING && !leader.proxy().ran()) {
      steps.add(patch(Kind.SHOW_RUN, leader, 0));
    }
    if (there.phase() == Phase.ENDED) {
      steps.add(patch(Kind.SHOW_END, leader, there.uid()));
    }
    return steps;
  }

  private boolean mayMove(Place place) {
    return place.attempt() + 1 < attempts;
  }

  private Request intent(Leader leader, Place place) {
    int version = protocol.has(Rule.INTENT_BY_VERSION) ? leader.proxy().version() : Request.ANY;
    return Request.patch(Kind.INTEND, version, place, 0);
  }

  private static Request patch(Kind kind, Leader leader, int uid) {
    var proxy = leader.proxy();
    return Request.patch(kind, proxy.version(), proxy.intent(), uid);
  }
}
