package io.virtualnode.kubernetes;

import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one of several processes does next for each to have its part of the shares. Pure.
 *
 * <p>Its part is as many as there are divided by the number of processes, rounded up. Who has less
 * stands for all that it has not; who has its part stands for none, so that others get them; who
 * has more gives up one.
 *
 * @param stand for which it begins to stand
 * @param leave which it gives up, whether it leads there or stands by
 */
record Apportionment(Set<Share> stand, Set<Share> leave) {

  /**
   * Decides.
   *
   * @param shares what there is
   * @param standings for which it stands, and whether it leads there
   * @param processes how many there are, this one among them
   */
  static Apportionment of(Set<Share> shares, Map<Share, Boolean> standings, int processes) {
    var leave = new HashSet<Share>(standings.keySet());
    leave.removeAll(shares); // there is no such share any more
    var led =
        standings.entrySet().stream()
            .filter(Map.Entry::getValue)
            .map(Map.Entry::getKey)
            .filter(shares::contains)
            .collect(Collectors.toSet());
    int part = (shares.size() + processes - 1) / processes;
    if (led.size() < part) {
      var stand = new HashSet<>(shares);
      stand.removeAll(standings.keySet());
      return new Apportionment(stand, leave);
    }
    standings.keySet().stream().filter(share -> !led.contains(share)).forEach(leave::add);
    if (led.size() > part) {
      led.stream().max(Comparator.comparing(Share::toString)).ifPresent(leave::add);
    }
    return new Apportionment(Set.of(), leave);
  }
}
