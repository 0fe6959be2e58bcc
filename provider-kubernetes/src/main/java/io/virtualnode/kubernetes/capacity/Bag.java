package io.virtualnode.kubernetes.capacity;

import java.util.Arrays;

/**
 * Requests, each as often as there are pods that ask for it. Adding them up touches one object per
 * kind of request, not one per pod.
 */
@SuppressWarnings("ReferenceEquality") // requests are interned: that finds them nearly always
final class Bag {

  private static final Resources[] NO_KINDS = {};
  private static final int[] NO_COUNTS = {};

  private Resources[] kinds = NO_KINDS;
  private int[] counts = NO_COUNTS; // as long as kinds
  private int size; // how many kinds there are

  void add(Resources request) {
    for (int i = 0; i < size; i++) {
      if (kinds[i] == request) {
        counts[i]++;
        return;
      }
    }
    if (size == kinds.length) {
      int room = Math.max(2, size + size / 2);
      kinds = Arrays.copyOf(kinds, room);
      counts = Arrays.copyOf(counts, room);
    }
    kinds[size] = request;
    counts[size++] = 1;
  }

  /**
   * Takes one such request out.
   *
   * @throws IllegalStateException if there is none
   */
  void remove(Resources request) {
    for (int i = 0; i < size; i++) {
      if (kinds[i] == request) {
        remove(i);
        return;
      }
    }
    for (int i = 0; i < size; i++) {
      if (kinds[i].equals(request)) {
        remove(i);
        return;
      }
    }
    throw new IllegalStateException("no pod requests " + request);
  }

  private void remove(int i) {
    if (--counts[i] == 0) {
      size--;
      kinds[i] = kinds[size];
      counts[i] = counts[size];
      kinds[size] = Resources.NONE;
    }
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** How many requests there are. */
  int count() {
    int count = 0;
    for (int i = 0; i < size; i++) {
      count += counts[i];
    }
    return count;
  }

  void addTo(Tally sum) {
    for (int i = 0; i < size; i++) {
      sum.add(kinds[i], counts[i]);
    }
  }

  void subtractFrom(Tally sum) {
    for (int i = 0; i < size; i++) {
      sum.add(kinds[i], -counts[i]);
    }
  }
}
