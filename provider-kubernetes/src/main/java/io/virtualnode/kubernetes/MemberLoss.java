package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.kubernetes.config.FaultSettings;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says of the pods of a member that is out of reach for long that nobody knows how they are, and
 * fails them after that if so configured. What was said is taken back when the member is in sight
 * again; what was failed is then ended there.
 *
 * <p>Thread-safe; no method blocks.
 */
final class MemberLoss {

  private static final Logger log = LoggerFactory.getLogger(MemberLoss.class);
  private static final String UNREACHABLE = "MemberUnreachable";

  private final Site site;
  private final Ending ending;
  private final Supplier<FaultSettings> settings;
  private final Map<String, Absence> absences = new ConcurrentHashMap<>(); // by member

  /** One unbroken time of being out of reach. */
  private static final class Absence {
    private volatile boolean told;
    private volatile boolean over;
  }

  MemberLoss(Site site, Ending ending, Supplier<FaultSettings> settings) {
    this.site = site;
    this.ending = ending;
    this.settings = settings;
  }

  /** The member cannot be reached; may be told again. */
  void outOfSight(String member) {
    var absence = new Absence();
    if (absences.putIfAbsent(member, absence) != null) {
      return;
    }
    var now = settings.get();
    after(now.unknownAfter(), member, absence, () -> tellUnknown(member, absence));
    now.failAfter()
        .ifPresent(delay -> after(delay, member, absence, () -> fail(member, absence, delay)));
  }

  /** The member is reached. */
  void inSight(String member) {
    var absence = absences.remove(member);
    if (absence == null) {
      return;
    }
    absence.over = true;
    if (absence.told) {
      log.info("member {} is back: its pods are told of as they are", member);
      forEachAt(
          member,
          forwarding ->
              forwarding
                  .toShow()
                  .ifPresent(status -> site.node().podStatus(forwarding.proxy(), status)));
      site.later(Duration.ZERO, () -> endWhatWasFailed(member));
    }
  }

  private void endWhatWasFailed(String member) {
    for (var forwarding : site.forwardings().all()) {
      boolean runsOn;
      synchronized (forwarding) {
        runsOn = forwarding.isAt(member) && forwarding.isEndedAhead();
      }
      if (runsOn) {
        ending.end(forwarding);
      }
    }
  }

  /** The member is no longer there to be reached. */
  void forget(String member) {
    absences.remove(member);
  }

  private void after(Duration delay, String member, Absence absence, Runnable task) {
    site.later(
        delay,
        () -> {
          if (absences.get(member) == absence) {
            task.run();
          }
        });
  }

  private void tellUnknown(String member, Absence absence) {
    absence.told = true;
    log.warn("member {} is out of reach: how its pods are is unknown", member);
    var message = "member %s cannot be reached".formatted(member);
    forEachAt(
        member,
        forwarding ->
            forwarding
                .lastKnown()
                .ifPresent(
                    last ->
                        show(
                            absence,
                            forwarding,
                            DelegateStatus.outOfSight(last, UNREACHABLE, message))));
  }

  private void fail(String member, Absence absence, Duration delay) {
    absence.told = true;
    log.error("member {} is out of reach for {}: its pods are failed", member, delay);
    var message = "member %s could not be reached for %s".formatted(member, delay);
    forEachAt(
        member,
        forwarding ->
            show(
                absence,
                forwarding,
                DelegateStatus.lost(forwarding.lastKnown().orElse(null), "MemberLost", message)));
  }

  /** The member may have come back since, and all that be untrue. */
  private void show(Absence absence, Forwarding forwarding, PodStatus status) {
    if (!absence.over) {
      site.node().podStatus(forwarding.proxy(), status);
    }
  }

  private void forEachAt(String member, Consumer<Forwarding> action) {
    for (var forwarding : site.forwardings().all()) {
      synchronized (forwarding) {
        if (forwarding.isAlive() && forwarding.isAt(member)) {
          action.accept(forwarding);
        }
      }
    }
  }
}
