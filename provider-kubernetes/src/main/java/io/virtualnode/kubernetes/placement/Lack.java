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
    if (lacking < 0) {
      return Long.MAX_VALUE; // more than a long holds
    }
    return lacking <= Long.MAX_VALUE / SCALE
        ? (lacking * SCALE - 1) / requested + 1
        : lacking / Math.max(1, requested / SCALE);
  }
}
