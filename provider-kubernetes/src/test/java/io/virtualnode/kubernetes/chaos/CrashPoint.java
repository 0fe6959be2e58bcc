package io.virtualnode.kubernetes.chaos;

import java.util.List;
import java.util.stream.Stream;

/** A named point at which a process is killed. */
public record CrashPoint(PodWrite write, Moment moment) {

  /** When, as seen from the write. */
  public enum Moment {
    /** Nothing of it has been sent. */
    BEFORE,
    /** It is on its way and arrives later; nobody learns what becomes of it. */
    SENT,
    /** It was carried out and the answer is there, but nobody has seen it. */
    ANSWERED
  }

  /** All there are. */
  public static final List<CrashPoint> ALL =
      Stream.of(PodWrite.values())
          .flatMap(write -> Stream.of(Moment.values()).map(moment -> new CrashPoint(write, moment)))
          .toList();

  /** What {@link #toString} has written. */
  static CrashPoint parse(String text) {
    var words = text.split(":", 2);
    return new CrashPoint(PodWrite.valueOf(words[0]), Moment.valueOf(words[1]));
  }

  @Override
  public String toString() {
    return write + ":" + moment;
  }
}
