package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Delegate.Phase;
import java.util.Comparator;

/**
 * A write that a leader sends.
 *
 * @param uid of the delegate that it is about, or a condition that it must have this; {@link #ANY}
 *     for no condition
 * @param version what the proxy's resourceVersion must be; {@link #ANY} for no condition
 * @param phase of what is to be created; or in which a delegate must be still, which stands for its
 *     resourceVersion, {@link Phase#UNKNOWN} for no condition
 */
record Request(Kind kind, Place place, int uid, int version, Phase phase)
    implements Comparable<Request> {

  /** In place of a condition. */
  static final int ANY = -1;

  /** What is asked for. */
  enum Kind {
    NOTHING(""),
    INTEND("PATCH the proxy's status: its delegate goes to %s"),
    RECORD("PATCH the proxy's status: %s is the one that may run"),
    SHOW_RUN("PATCH the proxy's status: Running"),
    SHOW_END("PATCH the proxy's status: the end of %s"),
    SHOW_LOSS("PATCH the proxy's status: Failed, DelegateLost"),
    FINISH("the final DELETE of the proxy"),
    POST("POST the delegate %s"),
    ENTOMB("POST a tombstone in place of %s"),
    OPEN("PATCH %s: open its gate"),
    DELETE("DELETE %s"),
    TAKE_BACK("DELETE %s, because it is on no node");

    private final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  static final Request NONE = new Request(Kind.NOTHING, Place.NOWHERE, 0, 0, Phase.UNKNOWN);

  private static final Comparator<Request> ORDER =
      Comparator.comparing(Request::kind)
          .thenComparingInt(request -> request.place.index())
          .thenComparingInt(Request::uid)
          .thenComparingInt(Request::version)
          .thenComparing(Request::phase);

  /** A PATCH of the proxy's status. */
  static Request patch(Kind kind, int version, Place place, int uid) {
    return new Request(kind, place, uid, version, Phase.UNKNOWN);
  }

  /** The final DELETE of the proxy. */
  static Request finish(boolean byUid) {
    return new Request(Kind.FINISH, Place.NOWHERE, byUid ? 0 : ANY, 0, Phase.UNKNOWN);
  }

  /** A POST of a tombstone in place of that delegate. */
  static Request entomb(Place place, int uid) {
    return new Request(Kind.ENTOMB, place, uid, 0, Phase.TOMBSTONE);
  }

  /** A POST of a delegate. */
  static Request create(Place place, Phase phase) {
    return new Request(Kind.POST, place, 0, 0, phase);
  }

  /** A write to a delegate. */
  static Request change(Kind kind, Place place, int uid, Phase phase) {
    return new Request(kind, place, uid, 0, phase);
  }

  /** Whether the condition on a UID holds. */
  boolean names(int found) {
    return uid == ANY || uid == found;
  }

  /** Whether it can have an effect in that state or in a later one. */
  boolean canHaveEffect(State state) {
    var there = place.equals(Place.NOWHERE) ? Delegate.NONE : state.members().at(place);
    return switch (kind) {
      case NOTHING -> false;
      case INTEND, RECORD, SHOW_RUN, SHOW_END, SHOW_LOSS ->
          state.proxy().exists() && (version == ANY || version == state.proxy().version());
      case FINISH -> uid == ANY || state.proxy().exists();
      case POST, ENTOMB -> true;
      case OPEN -> uid == ANY || (uid == there.uid() && there.phase() == Phase.GATED);
      case DELETE -> uid == ANY || (uid == there.uid() && !there.deleting());
      case TAKE_BACK -> uid == there.uid() && (phase == Phase.UNKNOWN || phase == there.phase());
    };
  }

  @Override
  public int compareTo(Request other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    var text = new StringBuilder(kind.words.formatted(uid > 0 ? place + "#" + uid : place));
    if (version == ANY || uid == ANY) {
      text.append(", unconditionally");
    } else if (kind.compareTo(Kind.INTEND) >= 0 && kind.compareTo(Kind.SHOW_LOSS) <= 0) {
      text.append(" (if it is at version ").append(version).append(')');
    }
    if (kind == Kind.POST) {
      text.append(phase == Phase.GATED ? " with a gate" : " without a gate");
    } else if (phase != Phase.UNKNOWN && kind == Kind.TAKE_BACK) {
      text.append(" (if it has not changed)");
    }
    return text.toString();
  }
}
