package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Resources;

/** How much of a request is not there yet, in thousandths of what is requested, rounded up. */
final class Lack {

  private static final long SCALE = 1000;

  private Lack() {}

  /** The greatest over all resources. */
  static long of(Resources request, Resources room) {
    long greatest = 0;
    for (var name : request.names()) {
      greatest = Math.max(greatest, of(request.get(name), room.get(name)));
    }
    return greatest;
  }

  /** Of one resource; never grows when the room does. */
  static long of(long requested, long room) {
    if (requested <= 0 || room >= requested) {
      return 0;
    }
    long lacking = requested - room;
    if (lacking < 0 || lacking / requested >= Long.MAX_VALUE / SCALE) {
      return Long.MAX_VALUE; // more than a long holds
    }
    long rest = lacking % requested;
    long part =
        rest <= Long.MAX_VALUE / SCALE
            ? divideUp(rest * SCALE, requested)
            : Math.min(SCALE, divideUp(rest, requested / SCALE));
    return lacking / requested * SCALE + part;
  }

  private static long divideUp(long dividend, long divisor) {
    return dividend == 0 ? 0 : (dividend - 1) / divisor + 1;
  }
}
