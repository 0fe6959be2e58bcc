package io.virtualnode.kubernetes;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what is left in members of proxies that are gone, each one only after the primary itself
 * has said that it has no such proxy, and none while there are more than the {@link OrphanLimit}
 * allows.
 *
 * <p>They are gathered until a second has brought no more, and looked at together. Thread-safe; no
 * method blocks.
 */
final class Orphans {

  private static final Logger log = LoggerFactory.getLogger(Orphans.class);
  private static final Duration GATHERING = Duration.ofSeconds(1);
  private static final Duration LONGEST_GATHERING = Duration.ofSeconds(30);
  private static final Duration RETRY = Duration.ofSeconds(5);
  // Its virtual node may not be run now, so that nobody would tell of the proxy's end.
  private static final Duration AGAIN = Duration.ofSeconds(30);

  private final Contexts node;
  private final Forwardings forwardings;
  private final Delegates delegates;
  private final ScheduledExecutorService timer;
  private final IntSupplier percent;
  private final Runnable heldChanged;
  private final LongSupplier nanoTime;
  private final Map<Forwarding, Candidate> candidates = new ConcurrentHashMap<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicBoolean looking = new AtomicBoolean();
  private final OrphanLimit limit = new OrphanLimit(); // guarded by itself
  private volatile long firstAt; // when the gathering began
  private volatile long lastAt; // when the last one came
  private volatile boolean begun;
  private volatile int held;

  /**
   * Something that has, or may have, no proxy.
   *
   * @param notBefore when it is to be looked at, on the nano clock
   * @param hasProxy whether the primary said so when it was last asked
   */
  private record Candidate(long notBefore, boolean hasProxy) {

    boolean isDue(long now) {
      return now - notBefore >= 0;
    }
  }

  /**
   * None yet.
   *
   * @param percent the share of all delegates that may be removed at once
   * @param heldChanged called when another number of orphans is {@link #held} than before
   * @param nanoTime the monotonic clock by which the timer runs
   */
  Orphans(
      Contexts node,
      Forwardings forwardings,
      Delegates delegates,
      ScheduledExecutorService timer,
      IntSupplier percent,
      Runnable heldChanged,
      LongSupplier nanoTime) {
    this.node = node;
    this.forwardings = forwardings;
    this.delegates = delegates;
    this.timer = timer;
    this.percent = percent;
    this.heldChanged = heldChanged;
    this.nanoTime = nanoTime;
  }

  /** How many are not removed because there are too many at once; 0 unless something is wrong. */
  int held() {
    return held;
  }

  /** All members have been seen, or are no longer waited for: none is removed before. */
  void begin() {
    begun = true;
    lookSoon();
  }

  /**
   * Looks at a proxy that has not been seen, and removes what there is of it if there is none; for
   * as long as it is neither seen nor gone.
   */
  void removeIfOrphan(Forwarding forwarding) {
    if (!remains(forwarding).isEmpty()
        && candidates.putIfAbsent(forwarding, candidate(Duration.ZERO, false)) == null) {
      long now = nanoTime.getAsLong();
      firstAt = now - lastAt > GATHERING.toNanos() ? now : firstAt;
      lastAt = now;
      lookSoon();
    }
  }

  private void lookSoon() {
    if (begun && !timer.isShutdown() && scheduled.compareAndSet(false, true)) {
      var unused = timer.schedule(this::look, GATHERING.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    scheduled.set(false);
    candidates.keySet().removeIf(forwarding -> remains(forwarding).isEmpty());
    if (candidates.isEmpty()) {
      hold(0);
      return;
    }
    long now = nanoTime.getAsLong();
    var due =
        candidates.entrySet().stream()
            .filter(candidate -> candidate.getValue().isDue(now))
            .map(Map.Entry::getKey)
            .toList();
    boolean gathering =
        now - lastAt < GATHERING.toNanos() && now - firstAt < LONGEST_GATHERING.toNanos();
    if (due.isEmpty() || gathering) {
      lookSoon();
    } else if (looking.compareAndSet(false, true)) { // else the end of that looks again
      lookAt(due);
    }
  }

  private void lookAt(List<Forwarding> due) {
    var answers = due.stream().map(this::isGone).toList();
    var unused =
        CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
            .thenRun(
                () -> judge(answers.stream().flatMap(answer -> answer.join().stream()).toList()))
            .whenComplete(
                (nothing, failure) -> {
                  if (failure != null) {
                    log.error("orphans could not be looked at", failure);
                  }
                  looking.set(false);
                  lookSoon();
                });
  }

  /** The forwarding, if the primary says that it has no such proxy. */
  private CompletableFuture<Optional<Forwarding>> isGone(Forwarding forwarding) {
    return CompletableFuture.completedFuture(forwarding.proxy())
        .thenCompose(node::live)
        .handle(
            (found, failure) -> {
              if (failure != null) {
                log.warn("whether {} is there: {}", forwarding.proxy(), failure.toString());
                again(forwarding, RETRY, false);
                return Optional.<Forwarding>empty();
              }
              if (found.isPresent()) {
                again(forwarding, AGAIN, true);
                return Optional.<Forwarding>empty();
              }
              return Optional.of(forwarding);
            });
  }

  /** Together with those that were judged before and those that could not be asked about. */
  private void judge(List<Forwarding> orphans) {
    int running =
        (int)
            candidates.entrySet().stream()
                .filter(candidate -> !candidate.getValue().hasProxy())
                .filter(candidate -> runs(candidate.getKey()))
                .count();
    int all = (int) forwardings.all().stream().filter(Orphans::isInMember).count();
    boolean allowed;
    synchronized (limit) {
      allowed =
          running == 0 || limit.allows(running, all, percent.getAsInt(), nanoTime.getAsLong());
    }
    if (allowed) {
      hold(0);
      orphans.forEach(this::remove);
    } else {
      orphans.forEach(forwarding -> again(forwarding, AGAIN, false));
      hold((int) candidates.values().stream().filter(c -> !c.hasProxy()).count());
    }
  }

  private void hold(int number) {
    if (number == held) {
      return;
    }
    if (number > 0) {
      log.error(
          "{} delegates have no proxy in the primary, too many at once: none is removed. Was the"
              + " primary restored from a backup? If they are to go, set faults.orphanPercent to"
              + " 100",
          number);
    } else {
      log.info("delegates without a proxy are removed again");
    }
    held = number;
    heldChanged.run();
  }

  private Candidate candidate(Duration delay, boolean hasProxy) {
    return new Candidate(nanoTime.getAsLong() + delay.toNanos(), hasProxy);
  }

  private void again(Forwarding forwarding, Duration delay, boolean hasProxy) {
    candidates.replace(forwarding, candidate(delay, hasProxy));
  }

  private void remove(Forwarding forwarding) {
    boolean runs = runs(forwarding);
    again(forwarding, AGAIN, false); // not asked for twice
    var removals = new ArrayList<CompletableFuture<Void>>();
    for (var remain : remains(forwarding)) {
      log.info("removing {}: its proxy {} is not in the primary", remain, forwarding.proxy());
      removals.add(delete(remain).toCompletableFuture());
    }
    var unused =
        CompletableFuture.allOf(removals.toArray(CompletableFuture<?>[]::new))
            .whenComplete(
                (nothing, failure) -> {
                  if (failure != null) {
                    log.warn(
                        "orphan of {} is tried again: {}", forwarding.proxy(), failure.toString());
                    again(forwarding, RETRY, false);
                  } else {
                    removed(forwarding, runs);
                  }
                });
  }

  private void removed(Forwarding forwarding, boolean ran) {
    if (ran) {
      synchronized (limit) {
        limit.removed(nanoTime.getAsLong());
      }
    }
    synchronized (forwarding) {
      forwarding.removing(); // what its watch still tells of it makes no new candidate
    }
    candidates.remove(forwarding);
  }

  private CompletionStage<Void> delete(Forwarding.Delegate remain) {
    return delegates
        .delete(remain, Duration.ZERO)
        .exceptionally(
            failure -> {
              if (Delegates.isGone(failure)) {
                return null;
              }
              throw Delegates.cause(failure);
            });
  }

  private static boolean runs(Forwarding forwarding) {
    synchronized (forwarding) {
      return forwarding.runs();
    }
  }

  private static boolean isInMember(Forwarding forwarding) {
    synchronized (forwarding) {
      return !forwarding.remains().isEmpty();
    }
  }

  private static List<Forwarding.Delegate> remains(Forwarding forwarding) {
    synchronized (forwarding) {
      return forwarding.isInPrimary() ? List.of() : forwarding.remains();
    }
  }
}
