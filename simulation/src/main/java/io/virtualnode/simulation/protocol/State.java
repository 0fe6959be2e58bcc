package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Proxy.End;
import java.util.List;
import java.util.stream.IntStream;

/** All that there is at one moment. */
record State(Proxy proxy, Members members, Leader leader, Network network) {

  private static final int AFTER_ALL = 1000; // more versions than there ever are

  /**
   * A leader has seen a new proxy and is about to create its delegate in member A: the members are
   * alike, so that stands for both choices.
   */
  static State initial(Bounds bounds, Protocol protocol) {
    var members = Members.empty(bounds.attempts());
    var first = new Place(Place.Cluster.A, 0);
    var leader =
        new Leader(
            Proxy.NEW,
            members.places(),
            Leader.noneMade(members.places().size()),
            Leader.Memory.NOTHING,
            0,
            Request.create(first, protocol));
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

  /**
   * The same without what can have no effect any more, and with versions counted from the present
   * one, which is 0: they are only compared with that.
   */
  State normal() {
    var present = new State(proxy, members, leader, network.in(this));
    int version = proxy.exists() ? proxy.version() : AFTER_ALL;
    return new State(
        present.proxy.since(version),
        present.members,
        leader.isNobody() ? leader : leader.tidy().since(version),
        present.network.since(version));
  }

  /** The least UID that nothing refers to: a new one is only ever compared with those. */
  int freshUid(Place place) {
    long used = 1L | uidsIn(members.at(place));
    if (members.ranAt().equals(place)) {
      used |= 1L << members.ranUid();
    }
    if (proxy.intent().equals(place)) {
      used |= 1L << proxy.named();
    }
    if (!leader.isNobody()) {
      used |= uidsIn(leader.at(place)) | (1L << leader.made(place));
      if (leader.proxy().intent().equals(place)) {
        used |= (1L << leader.seen()) | (1L << leader.proxy().named());
      }
      used |= uidIn(leader.sent(), place);
    }
    for (var request : network.late()) {
      used |= uidIn(request, place);
    }
    return Long.numberOfTrailingZeros(~used);
  }

  private static long uidsIn(Delegate delegate) {
    return 1L << delegate.uid();
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
   * left in a member without it; or it waits because others' pods have all names.
   */
  boolean isSettled() {
    if (leader.isNobody() || !leader.isIdle() || !network.late().isEmpty()) {
      return false;
    }
    return switch (proxy.presence()) {
      case GONE, REPLACED -> !members.hasOurs();
      case LIVE ->
          proxy.end() != End.NONE
              || proxy.intent().nexts().stream()
                  .allMatch(
                      next -> next.isIn(members) && members.at(next).equals(Delegate.FOREIGN));
      case DELETING, ABSENT -> false;
    };
  }
}
