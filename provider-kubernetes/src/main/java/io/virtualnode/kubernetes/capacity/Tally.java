package io.virtualnode.kubernetes.capacity;

import java.util.Arrays;

/**
 * A sum that changes in place, so that adding a thousand requests makes no garbage. Never handed
 * out of this package: others get {@link #toResources a copy}.
 */
final class Tally {

  private static final String[] NOTHING = {};

  private String[] names = NOTHING; // sorted; shared with Resources, so never written to
  private long[] amounts = {}; // may be longer than names

  /** Names nothing any more. */
  void reset() {
    names = NOTHING;
  }

  void add(Resources more) {
    add(more, 1);
  }

  void subtract(Resources less) {
    add(less, -1);
  }

  /** Adds an amount several times; a negative number subtracts it. */
  @SuppressWarnings("ReferenceEquality") // names are shared
  void add(Resources other, int times) {
    if (names != other.names) {
      name(other.names);
    }
    if (names.length == other.names.length) {
      for (int i = 0; i < names.length; i++) {
        amounts[i] += times * other.amounts[i];
      }
      return;
    }
    for (int i = 0, j = 0; j < other.names.length; i++) {
      if (names[i].equals(other.names[j])) {
        amounts[i] += times * other.amounts[j++];
      }
    }
  }

  /** Makes sure that all of these are among the names. */
  private void name(String[] wanted) {
    if (names.length == 0) {
      names = wanted;
      amounts = amounts.length < wanted.length ? new long[wanted.length] : amounts;
      Arrays.fill(amounts, 0, names.length, 0);
    } else if (!containsAll(wanted)) {
      var union = new Resources(names, Arrays.copyOf(amounts, names.length));
      union = union.plus(new Resources(wanted, new long[wanted.length]));
      names = union.names;
      amounts = union.amounts;
    }
  }

  private boolean containsAll(String[] wanted) {
    int i = 0;
    for (var name : wanted) {
      while (i < names.length && !names[i].equals(name)) {
        i++;
      }
      if (i == names.length) {
        return false;
      }
    }
    return true;
  }

  Resources toResources() {
    return names.length == 0
        ? Resources.NONE
        : new Resources(names, Arrays.copyOf(amounts, names.length));
  }
}
