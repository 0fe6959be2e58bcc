package io.virtualnode.kubernetes;

import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one of several processes does next for each to have its part of the shares. Pure.
 *
 * <p>Its part is as many as there are divided by the number of processes, rounded up. Each process
 * stands for all of them. Who has less than its part is willing to lead; who has it looks on, so
 * that others get the rest; who has more gives up one.
 *
 * @param stand for which it begins to stand
 * @param leave for which it does not stand any longer; what it leads there is given up
 * @param willing whether it is willing to lead more than it does
 */
record Apportionment(Set<Share> stand, Set<Share> leave, boolean willing) {

  /**
   * Decides.
   *
   * @param shares what there is
   * @param standings for which it stands, and whether it leads there
   * @param processes how many there are, this one among them
   */
  static Apportionment of(Set<Share> shares, Map<Share, Boolean> standings, int processes) {
    var stand = new HashSet<>(shares);
    stand.removeAll(standings.keySet());
    var leave = new HashSet<>(standings.keySet());
    leave.removeAll(shares); // there is no such share any more
    var led =
        standings.entrySet().stream()
            .filter(Map.Entry::getValue)
            .map(Map.Entry::getKey)
            .filter(shares::contains)
            .collect(Collectors.toSet());
    int part = (shares.size() + processes - 1) / processes;
    if (led.size() > part) {
      led.stream().max(Comparator.comparing(Share::toString)).ifPresent(leave::add);
    }
    return new Apportionment(stand, leave, led.size() < part);
  }
}
