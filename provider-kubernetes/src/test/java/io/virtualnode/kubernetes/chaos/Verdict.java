package io.virtualnode.kubernetes.chaos;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.kubernetes.chaos.ContainerStarts.Delegate;
import io.virtualnode.kubernetes.chaos.ProxyLives.Life;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What an outside observer finds once everything is at rest.
 *
 * @param startedTwice proxies of which containers started in two delegates, ever
 * @param lost proxies that have no end, or that are gone though nobody asked for it
 * @param wrongEnds proxies whose end is not that of their delegate
 * @param orphans delegates in members that have no live proxy
 * @param neverRan proxies that were given up as lost although their delegate had never started and
 *     nobody else had deleted it
 * @param unseen ends of proxies whose delegates' own the observer has not seen; where nobody has
 *     disturbed them, they are what the simulation was told
 * @param counts what there was of everything
 */
record Verdict(
    List<String> startedTwice,
    List<String> lost,
    List<String> wrongEnds,
    List<String> orphans,
    List<String> neverRan,
    int unseen,
    String counts) {

  /**
   * Judges what was seen.
   *
   * @param inMembers what members have now of the virtual node's pods
   */
  static Verdict of(Collection<Life> lives, ContainerStarts starts, Collection<Pod> inMembers) {
    var twice =
        starts.started().entrySet().stream()
            .filter(entry -> entry.getValue().size() > 1)
            .map(entry -> "proxy " + entry.getKey() + " in " + entry.getValue())
            .toList();
    var lost = lives.stream().filter(Verdict::isLost).map(Life::toString).toList();
    var wrong = new ArrayList<String>();
    var neverRan = new ArrayList<String>();
    int unseen = 0;
    for (var life : lives) {
      if (life.end().isPresent()) {
        var delegates = starts.of(life.uid());
        if (isGivenUpUnrun(life, delegates)) {
          neverRan.add(life.toString());
        } else if (!isToldOf(life, delegates)) {
          wrong.add(life + " " + life.end().get() + " of " + ends(delegates));
        } else if (truth(delegates).isEmpty()) {
          unseen++;
        }
      }
    }
    var orphans = orphans(lives, inMembers);
    return new Verdict(
        twice,
        lost,
        List.copyOf(wrong),
        orphans,
        List.copyOf(neverRan),
        unseen,
        counts(lives, starts));
  }

  private static boolean isLost(Life life) {
    return life.present() ? life.end().isEmpty() : !life.deleted();
  }

  private static boolean isGivenUpUnrun(Life life, List<Delegate> delegates) {
    var shown = life.end().orElseThrow();
    return !life.disturbed()
        && !delegates.isEmpty()
        && !hasStarted(delegates)
        && shown.phase().equals("Failed")
        && shown.exitCodes().isEmpty();
  }

  /** Whether the proxy tells what can be told of its delegates. */
  private static boolean isToldOf(Life life, List<Delegate> delegates) {
    var shown = life.end().orElseThrow();
    boolean unknown = shown.phase().equals("Failed") && shown.exitCodes().isEmpty();
    var truth = truth(delegates);
    boolean isTheirs = truth.map(shown::equals).orElse(hasStarted(delegates));
    return life.disturbed() ? unknown || isTheirs : shown.isAsTold(life.told()) && isTheirs;
  }

  /** How the delegate that ran has ended; where none did, how one that did not. */
  private static Optional<End> truth(List<Delegate> delegates) {
    return delegates.stream()
        .filter(delegate -> delegate.started() == hasStarted(delegates))
        .flatMap(delegate -> delegate.end().stream())
        .findFirst();
  }

  private static boolean hasStarted(List<Delegate> delegates) {
    return delegates.stream().anyMatch(Delegate::started);
  }

  private static String ends(List<Delegate> delegates) {
    return delegates.stream()
        .map(delegate -> delegate + " " + delegate.end())
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static List<String> orphans(Collection<Life> lives, Collection<Pod> inMembers) {
    Set<String> alive =
        lives.stream().filter(Life::present).map(Life::uid).collect(Collectors.toSet());
    return inMembers.stream()
        .map(Pod::getMetadata)
        .filter(pod -> !alive.contains(pod.getLabels().get(ContainerStarts.PROXY_UID)))
        .map(pod -> pod.getNamespace() + "/" + pod.getName() + " " + pod.getLabels())
        .toList();
  }

  private static String counts(Collection<Life> lives, ContainerStarts starts) {
    var ends = new TreeMap<String, Integer>();
    for (var life : lives) {
      var end = life.end().map(known -> known.phase() + known.exitCodes().values());
      ends.merge(end.orElse("deleted before an end"), 1, Integer::sum);
    }
    return "%d proxies, %d delegates, %d of them started; ends %s"
        .formatted(lives.size(), starts.count(), starts.started().size(), ends);
  }

  /** Whether everything is as it has to be. */
  boolean isClean() {
    return startedTwice.isEmpty()
        && lost.isEmpty()
        && wrongEnds.isEmpty()
        && orphans.isEmpty()
        && neverRan.isEmpty();
  }

  @Override
  public String toString() {
    return """
        started in two delegates  %d %s
        lost                      %d %s
        wrong ends                %d %s
        orphans at rest           %d %s
        given up and never ran    %d %s
        ends nobody else saw      %d
        %s"""
        .formatted(
            startedTwice.size(),
            startedTwice,
            lost.size(),
            lost,
            wrongEnds.size(),
            wrongEnds,
            orphans.size(),
            orphans,
            neverRan.size(),
            neverRan,
            unseen,
            counts);
  }
}
