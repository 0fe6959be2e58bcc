package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Elections in virtual time on machines whose clocks agree in nothing, over a network that loses
 * requests and answers and delivers some a minute late, with machines that stop, sleep and die, and
 * people who delete the Lease. After everything that happens it looks who holds the lease.
 */
final class ElectionWorld {

  /** At the limit of what is allowed, so that nothing that is cut short goes unseen. */
  static final ElectionSettings SETTINGS =
      ElectionSettings.of("ns", "lease")
          .timed(Duration.ofSeconds(12), Duration.ofSeconds(10), Duration.ofSeconds(2));

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  final VirtualTimer time = new VirtualTimer();
  final FakeLease lease = new FakeLease();
  final List<String> violations = new ArrayList<>();
  int terms;
  int deletions;

  private final Random random;
  private final List<Participant> participants = new ArrayList<>();
  private boolean faults = true;
  private int joined;

  ElectionWorld(long seed, int size) {
    this.random = new Random(seed);
    for (int i = 0; i < size; i++) {
      participants.add(new Participant());
    }
    after(chance(Duration.ofSeconds(5)), this::somethingHappens);
  }

  /** From now on all goes well; what is still under way from before is lost. */
  void endFaults() {
    faults = false;
    participants.forEach(Participant::recover);
  }

  /** Who is sure of the lease and able to do anything. */
  List<String> holders() {
    return participants.stream()
        .filter(Participant::isAwake)
        .filter(participant -> participant.election.term().isPresent())
        .map(participant -> participant.election.identity())
        .toList();
  }

  private void check() {
    List<String> holders = holders();
    if (holders.size() > 1) {
      violations.add(holders + " hold the lease at " + time.now());
    }
    participants.stream().filter(Participant::isAwake).forEach(Participant::check);
  }

  private void after(Duration delay, Runnable task) {
    time.schedule(
        delay,
        () -> {
          task.run();
          check();
        });
  }

  private void somethingHappens() {
    if (!faults) {
      return;
    }
    after(chance(Duration.ofSeconds(20)), this::somethingHappens);
    int index = random.nextInt(participants.size());
    Participant one = participants.get(index);
    switch (random.nextInt(12)) {
      case 0, 1 -> one.stop(chance(Duration.ofSeconds(40)));
      case 2 -> one.sleepOrJump(chance(Duration.ofSeconds(40)));
      case 3, 4, 5, 6 -> one.cut(chance(Duration.ofSeconds(40)));
      case 7 -> participants.forEach(each -> each.cut(chance(Duration.ofSeconds(20))));
      case 8 -> {
        deletions++;
        lease.delete();
      }
      case 9 -> lease.touch();
      case 10 -> {
        one.dead = true;
        participants.set(index, new Participant());
      }
      default ->
          one.election
              .leave()
              .thenRun(
                  () -> {
                    if (participants.get(index) == one) {
                      participants.set(index, new Participant());
                    }
                  });
    }
  }

  private Duration chance(Duration most) {
    return Duration.ofNanos((long) (random.nextDouble() * most.toNanos()));
  }

  private Duration latency() {
    int kind = faults ? random.nextInt(100) : 0;
    return chance(kind < 90 ? Duration.ofMillis(50) : kind < 97 ? Duration.ofSeconds(5) : MINUTE);
  }

  private boolean isLost() {
    return faults && random.nextInt(20) == 0;
  }

  /** A process, its machine with two clocks, and its way to the API server. */
  private final class Participant implements Timer, LeaseStore {

    private final double rate = random.nextBoolean() ? 1 : ElectionSettings.CLOCK_RATIO;
    private final long nanosOffset = random.nextLong();
    private final boolean sleeps = random.nextBoolean();
    private final List<Term> seen = new ArrayList<>();
    private final Set<Term> over = new HashSet<>();
    private final Election election;

    private Duration wallOffset = chance(HOUR).minus(chance(HOUR));
    private long sleptNanos;
    private long stoppedUntil;
    private long cutUntil;
    private boolean dead;
    private @Nullable Term working;

    Participant() {
      Executor atOnce = task -> after(Duration.ZERO, () -> run(task));
      Executor soon = task -> after(Duration.ofMillis(30), () -> run(task));
      election =
          new Election(
              "p" + ++joined,
              SETTINGS,
              this,
              this::begin,
              new ElectionThreads(this, atOnce, soon, atOnce, () -> {}));
      election.start();
    }

    private AutoCloseable begin(Term term) {
      terms++;
      seen.add(term);
      if (working != null) {
        violations.add(election.identity() + " works in two terms");
      }
      working = term;
      return () -> working = null;
    }

    void check() {
      for (Term term : seen) {
        if (!term.holds()) {
          over.add(term);
        } else if (over.contains(term)) {
          violations.add("a term of " + election.identity() + " has come back");
        }
      }
    }

    boolean isAwake() {
      return !dead && time.nanoTime() >= stoppedUntil;
    }

    void stop(Duration length) {
      stoppedUntil = Math.max(stoppedUntil, time.nanoTime() + length.toNanos());
    }

    void sleepOrJump(Duration length) {
      if (!sleeps) {
        wallOffset = chance(HOUR).minus(chance(HOUR));
      } else if (isAwake()) {
        stop(length);
        sleptNanos += length.toNanos();
      }
    }

    void cut(Duration length) {
      cutUntil = time.nanoTime() + length.toNanos();
    }

    void recover() {
      cutUntil = 0;
    }

    private void run(Runnable task) {
      if (isAwake()) {
        task.run();
      } else if (!dead) {
        after(Duration.ofNanos(stoppedUntil - time.nanoTime()), () -> run(task));
      }
    }

    @Override
    public long nanoTime() {
      return nanosOffset + (long) (rate * (time.nanoTime() - sleptNanos));
    }

    @Override
    public Instant now() {
      return Instant.EPOCH.plus(wallOffset).plusNanos((long) (rate * time.nanoTime()));
    }

    @Override
    public Scheduled schedule(Duration delay, Runnable task) {
      boolean[] cancelled = {false};
      Duration real = Duration.ofNanos((long) Math.ceil(delay.toNanos() / rate));
      after(
          real,
          () ->
              run(
                  () -> {
                    if (!cancelled[0]) {
                      task.run();
                    }
                  }));
      return () -> cancelled[0] = true;
    }

    @Override
    public CompletionStage<Optional<LeaseRecord>> read() {
      return request(lease::read);
    }

    @Override
    public CompletionStage<LeaseRecord> create(LeaseClaim claim) {
      return request(() -> lease.create(claim));
    }

    @Override
    public CompletionStage<LeaseRecord> replace(String version, LeaseClaim claim) {
      return request(() -> lease.replace(version, claim));
    }

    @Override
    public void close() {
      dead = true;
    }

    private <T> CompletionStage<T> request(Supplier<T> effect) {
      CompletableFuture<T> answer = new CompletableFuture<>();
      schedule(
          SETTINGS.requestTimeout(),
          () -> answer.completeExceptionally(new KubernetesClientException("no answer")));
      boolean sentAmidFaults = faults;
      boolean arrives = time.nanoTime() >= cutUntil && !isLost();
      boolean returns = !isLost();
      after(
          latency(),
          () -> {
            if (arrives && (faults || !sentAmidFaults)) {
              Runnable outcome = outcome(effect, answer);
              if (returns) {
                after(latency(), () -> run(outcome));
              }
            }
          });
      return answer;
    }

    private <T> Runnable outcome(Supplier<T> effect, CompletableFuture<T> answer) {
      try {
        T result = requireNonNull(effect.get());
        return () -> answer.complete(result);
      } catch (KubernetesClientException refusal) {
        return () -> answer.completeExceptionally(refusal);
      }
    }
  }
}
