package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Proxy.End;
import io.virtualnode.simulation.protocol.Request.Kind;
import java.util.List;
import java.util.stream.IntStream;

/** All that there is at one moment. */
record State(Proxy proxy, Members members, Leader leader, Network network) {

  /**
   * A leader has seen a new proxy and is about to intend its delegate for member A: the members are
   * alike, so that stands for both choices.
   */
  static State initial(Bounds bounds) {
    var members = Members.empty(bounds.attempts());
    var leader =
        new Leader(
            Proxy.NEW,
            members.places(),
            Leader.Memory.NOTHING,
            0,
            Request.patch(Kind.INTEND, Proxy.NEW.version(), new Place(Place.Cluster.A, 0), 0));
    return new State(Proxy.NEW, members, leader, new Network(List.of(), bounds.budget()));
  }

  State with(Proxy changed) {
    return new State(changed, members, leader, network);
  }

  State with(Members changed) {
    return new State(proxy, changed, leader, network);
  }

  State with(Leader changed) {
    return new State(proxy, members, changed, network);
  }

  State with(Network changed) {
    return new State(proxy, members, leader, changed);
  }

  State spending(Budget.Fault fault) {
    return with(network.spending(fault));
  }

  /** The same without requests that can have no effect any more: nothing can come of them. */
  State normal() {
    return network.late().isEmpty() ? this : with(network.in(this));
  }

  /** The least UID that nothing refers to: a new one is only ever compared with those. */
  int freshUid(Place place) {
    long used = 1L | uidsIn(members.at(place));
    if (members.ranAt().equals(place)) {
      used |= 1L << members.ranUid();
    }
    if (proxy.intent().equals(place)) {
      used |= 1L << proxy.recorded();
    }
    if (!leader.isNobody()) {
      used |= uidsIn(leader.at(place));
      if (leader.proxy().intent().equals(place)) {
        used |= (1L << leader.seen()) | (1L << leader.proxy().recorded());
      }
      used |= uidIn(leader.sent(), place);
    }
    for (var request : network.late()) {
      used |= uidIn(request, place);
    }
    return Long.numberOfTrailingZeros(~used);
  }

  private static long uidsIn(Delegate delegate) {
    return (1L << delegate.uid()) | (1L << delegate.standsFor());
  }

  private static long uidIn(Request request, Place place) {
    return request.place().equals(place) && request.uid() > 0 ? 1L << request.uid() : 0;
  }

  /** Whether a delegate runs, or may start, where the intent of its proxy does not say. */
  boolean runsElsewhere() {
    return proxy.exists()
        && IntStream.range(0, members.places().size())
            .filter(i -> members.places().get(i).mayRun())
            .anyMatch(i -> i != proxy.intent().index());
  }

  /**
   * Whether it may stay like this for good: the proxy has its end or is gone, and nothing of it is
   * left in a member without it; or it waits because somebody else's pod has the name.
   */
  boolean isSettled() {
    if (leader.isNobody() || !leader.isIdle() || !network.late().isEmpty()) {
      return false;
    }
    return switch (proxy.presence()) {
      case GONE, REPLACED -> !members.hasOurs();
      case LIVE ->
          proxy.end() != End.NONE
              || (!proxy.intent().equals(Place.NOWHERE)
                  && members.at(proxy.intent()).equals(Delegate.FOREIGN));
      case DELETING, ABSENT -> false;
    };
  }
}
