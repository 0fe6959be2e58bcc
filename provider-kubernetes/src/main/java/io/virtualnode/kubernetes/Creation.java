package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.Forwarding.Delegate;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What this process has tried to create for a proxy whose intent names no delegate yet. Pure; used
 * with the monitor of the {@link Forwarding} held.
 */
final class Creation {

  private String where = "";
  private @Nullable Delegate made;
  private final Map<String, String> refusals = new TreeMap<>(); // words by member

  /** A member is called otherwise now: what was created there is there still. */
  void rename(UnaryOperator<Delegate> renamed) {
    var before = made;
    if (before != null) {
      made = renamed.apply(before);
      if (isUnderWay(before)) {
        where = place(made.member(), made.name());
      }
    }
  }

  /**
   * A delegate is going to be created under that name.
   *
   * @return one that was created elsewhere, which is of no more use
   */
  Optional<Delegate> begin(String member, String name) {
    where = place(member, name);
    return made == null || isUnderWay(made) ? Optional.empty() : forget();
  }

  /** What was created is of no more use; returns it. */
  Optional<Delegate> forget() {
    var before = Optional.ofNullable(made);
    made = null;
    return before;
  }

  /** Whether a delegate was, or is being, created in that member. */
  boolean isIn(String member) {
    return where.startsWith(member + "/") || (made != null && made.member().equals(member));
  }

  /** It has been created. */
  void made(Delegate delegate) {
    made = delegate;
  }

  /** What was created, if it is not known to be gone. */
  Optional<Delegate> made() {
    return Optional.ofNullable(made);
  }

  /** Whether that is what is being created now. */
  boolean isUnderWay(Delegate found) {
    return where.equals(place(found.member(), found.name()));
  }

  /** That one is no more, if it is the one. */
  void gone(String uid) {
    if (made != null && made.uid().equals(uid)) {
      made = null;
    }
  }

  /** An intent names a delegate: there is nothing to create. */
  void end() {
    where = "";
    refusals.clear();
  }

  /** The member refuses the delegate, in these words. */
  void refusedBy(String member, String words) {
    refusals.put(member, words);
  }

  /** Those that have refused it since all were last asked. */
  Set<String> refusals() {
    return Set.copyOf(refusals.keySet());
  }

  /** What they said. */
  String refusalsInWords() {
    return String.join("; ", refusals.values());
  }

  /** All may be asked again. */
  void askAllAgain() {
    refusals.clear();
  }

  private static String place(String member, String name) {
    return member + "/" + name;
  }
}
