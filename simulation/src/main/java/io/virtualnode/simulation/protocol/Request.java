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
  static final int ANY = -2;

  /** What is asked for. */
  enum Kind {
    NOTHING(""),
    INTEND("PATCH the proxy's status: its delegate is %s"),
    SHOW_RUN("PATCH the proxy's status: Running"),
    SHOW_END("PATCH the proxy's status: the end of %s"),
    SHOW_LOSS("PATCH the proxy's status: Failed, DelegateLost"),
    FINISH("the final DELETE of the proxy"),
    POST("POST the delegate %s"),
    OPEN("PATCH %s: open its gate"),
    DELETE("DELETE %s"),
    DISCARD("DELETE %s, which is not the intended one"),
    MARK("PATCH %s: put the finalizer on"),
    TAKE_BACK("DELETE %s, because it is on no node"),
    LET_GO("PATCH %s: take the finalizer off");

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

  /** A POST of a delegate. */
  static Request create(Place place, Protocol protocol) {
    var phase = protocol.has(Rule.GATED_CREATES) ? Phase.GATED : Phase.OPEN;
    return new Request(Kind.POST, place, 0, 0, phase);
  }

  /** A write to a delegate. */
  static Request change(Kind kind, Place place, int uid, Phase phase) {
    return new Request(kind, place, uid, 0, phase);
  }

  /** With its version counted from that one. */
  Request since(int start) {
    boolean onProxy = kind.compareTo(Kind.INTEND) >= 0 && kind.compareTo(Kind.SHOW_LOSS) <= 0;
    int counted = onProxy && version != ANY ? Math.max(version - start, Proxy.PAST) : version;
    return counted == version ? this : new Request(kind, place, uid, counted, phase);
  }

  /** Whether the condition on a UID holds. */
  boolean names(int found) {
    return uid == ANY || uid == found;
  }

  /** Whether the condition on a resourceVersion holds. */
  boolean isUnchanged(Delegate found) {
    return phase == Phase.UNKNOWN || phase == found.phase();
  }

  /** Whether it can have an effect in that state or in a later one. */
  boolean canHaveEffect(State state) {
    var there = place.equals(Place.NOWHERE) ? Delegate.NONE : state.members().at(place);
    return switch (kind) {
      case NOTHING -> false;
      case INTEND, SHOW_RUN, SHOW_END, SHOW_LOSS ->
          state.proxy().exists() && (version == ANY || version == state.proxy().version());
      case FINISH -> uid == ANY || state.proxy().exists();
      case POST -> true;
      case OPEN -> uid == ANY || (uid == there.uid() && there.phase() == Phase.GATED);
      case DELETE -> uid == ANY || (uid == there.uid() && !there.deleting());
      case MARK -> uid == there.uid() && !there.marked() && isUnchanged(there);
      case TAKE_BACK, DISCARD -> uid == there.uid() && isUnchanged(there);
      case LET_GO -> uid == there.uid() && there.marked();
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
      text.append(version == 0 ? " (if it has not changed)" : " (if it had not changed)");
    }
    if (kind == Kind.POST) {
      text.append(phase == Phase.GATED ? " with a gate" : " without a gate");
    } else if (phase != Phase.UNKNOWN) {
      text.append(" (if it has not changed)");
    }
    return text.toString();
  }
}
