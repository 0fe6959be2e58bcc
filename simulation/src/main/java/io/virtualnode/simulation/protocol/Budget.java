package io.virtualnode.simulation.protocol;

/** How often what may go wrong may still do so; up to 15 times each. */
record Budget(int packed) {

  /** What nobody of ours has a hand in. */
  enum Fault {
    /** A leader is killed, or frozen until it no longer leads. */
    CRASH(0),
    /** A request, or the answer to it, is lost. */
    LOSS(1),
    /** A request arrives after its sender has given it up. */
    LATE(2),
    /** A user deletes the proxy, with grace or by force, or gives its name to another one. */
    DELETION(3),
    /** Somebody deletes what is ours in a member. */
    MEDDLING(4),
    /** Somebody's pod takes a delegate's name. */
    STRANGER(5),
    /** A leader begins with a list from before the proxy was there. */
    STALE_LIST(6),
    /** A leader has created a delegate and, before it is intended, creates one elsewhere too. */
    SECOND_CHOICE(7);

    private final int shift;

    Fault(int position) {
      this.shift = position * BITS;
    }
  }

  private static final int BITS = 4;
  private static final int MOST = (1 << BITS) - 1;

  static final Budget NOTHING = new Budget(0);

  Budget with(Fault fault, int times) {
    if (times < 0 || times > MOST) {
      throw new IllegalArgumentException("%s: %d is not in 0..%d".formatted(fault, times, MOST));
    }
    return new Budget((packed & ~(MOST << fault.shift)) | (times << fault.shift));
  }

  int left(Fault fault) {
    return (packed >> fault.shift) & MOST;
  }

  boolean has(Fault fault) {
    return left(fault) > 0;
  }

  Budget spend(Fault fault) {
    return with(fault, left(fault) - 1);
  }

  @Override
  public String toString() {
    var text = new StringBuilder();
    for (var fault : Fault.values()) {
      if (has(fault)) {
        text.append(text.isEmpty() ? "" : ", ").append(left(fault)).append(' ').append(fault);
      }
    }
    return text.isEmpty() ? "no faults" : text.toString();
  }
}
