package io.virtualnode.simulation.protocol;

import java.util.Arrays;

/**
 * The states found so far, numbered from 0, each with the one that it was first reached from.
 *
 * <p>A state is kept as the numbers of its four {@link Parts}, which recur in many states: 20 bytes
 * and a slot of the hash table. Not thread-safe.
 */
final class StateTable {

  private static final int FIRST_CAPACITY = 1 << 12;

  private final Parts<Proxy> proxies = new Parts<>();
  private final Parts<Members> members = new Parts<>();
  private final Parts<Leader> leaders = new Parts<>();
  private final Parts<Network> networks = new Parts<>();

  private long[] lefts = new long[FIRST_CAPACITY];
  private long[] rights = new long[FIRST_CAPACITY];
  private int[] origins = new int[FIRST_CAPACITY];
  private int[] slots = emptySlots(FIRST_CAPACITY);
  private int size;

  int size() {
    return size;
  }

  /** The number of a state; if it is new, the next one. */
  int number(State state, int origin) {
    long left = pair(proxies.number(state.proxy()), members.number(state.members()));
    long right = pair(leaders.number(state.leader()), networks.number(state.network()));
    int slot = slotOf(left, right);
    if (slots[slot] < 0) {
      slots[slot] = append(left, right, origin);
      if (size > slots.length / 2) {
        rehash();
      }
      return size - 1;
    }
    return slots[slot];
  }

  State state(int number) {
    long left = lefts[number];
    long right = rights[number];
    return new State(
        proxies.value((int) (left >>> 32)),
        members.value((int) left),
        leaders.value((int) (right >>> 32)),
        networks.value((int) right));
  }

  /** The number of the state that this one was first reached from; -1 for the first of all. */
  int origin(int number) {
    return origins[number];
  }

  private int append(long left, long right, int origin) {
    if (size == lefts.length) {
      int larger = size * 2;
      lefts = Arrays.copyOf(lefts, larger);
      rights = Arrays.copyOf(rights, larger);
      origins = Arrays.copyOf(origins, larger);
    }
    lefts[size] = left;
    rights[size] = right;
    origins[size] = origin;
    return size++;
  }

  /** The slot that has that state, or the empty one where it belongs. */
  private int slotOf(long left, long right) {
    int mask = slots.length - 1;
    int slot = hash(left, right) & mask;
    while (slots[slot] >= 0 && (lefts[slots[slot]] != left || rights[slots[slot]] != right)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void rehash() {
    slots = emptySlots(slots.length * 2);
    for (int number = 0; number < size; number++) {
      slots[slotOf(lefts[number], rights[number])] = number;
    }
  }

  private static int[] emptySlots(int count) {
    var empty = new int[count];
    Arrays.fill(empty, -1);
    return empty;
  }

  private static long pair(int high, int low) {
    return ((long) high << 32) | low;
  }

  /** Mixes all bits, by the constants of SplitMix64. */
  private static int hash(long left, long right) {
    long mixed = (left ^ (right * 0x9E3779B97F4A7C15L)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 29)) * 0x94D049BB133111EBL;
    return (int) (mixed >>> 32);
  }
}
