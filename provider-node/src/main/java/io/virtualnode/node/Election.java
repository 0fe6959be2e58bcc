package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.client.Config;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes part in the election of a leader among several processes, by one Lease of the primary, and
 * lets the leader work.
 *
 * <p>It is a candidate until it gets the lease, and then has a {@link Term} whose {@link Work} is
 * begun. When the term ends, that work is closed, and it is a candidate again. If the work cannot
 * begin, the lease is given up, and it is a candidate again after the lease duration. A client made
 * with the term ({@link ApiClients#client(Config, WriteGuard)}) sends no write after the term's
 * end, so that nothing depends on how quick the work is closed.
 *
 * <p>A holder that ends in order ({@link #close}) gives the lease up, and another candidate has it
 * within the retry period. One that is gone is noticed after the lease duration and at most one
 * retry period. Candidates look every retry period: one request. See {@link Candidacy} for the
 * rules.
 *
 * <p>Needs the rights to get, create and patch Leases in the namespace. Thread-safe. It has
 * connections and threads of its own; one for what the work does, which it may block, and one for
 * renewals, which nothing can hold up.
 */
public final class Election implements AutoCloseable {

  /** What the leader does. */
  @FunctionalInterface
  public interface Work {

    /**
     * Begins it. Called on a thread of the election's, never before what was begun for an earlier
     * term has been closed.
     *
     * @param term during which it may be done. It can end at any time, also before this returns
     * @return closed on the same thread as soon as the term has ended, or before the lease is given
     *     up; its close must not wait for the election
     * @throws Exception if it cannot be done here
     */
    AutoCloseable begin(Term term) throws Exception;
  }

  private enum Phase {
    CANDIDATE,
    LEADING,
    /** The term is over, and its work is being closed. */
    STEPPING_DOWN,
    /** The lease, if it is ours, is being given up. */
    LEAVING,
    /** Others shall have it for a while. */
    STANDING_BACK,
    GONE
  }

  private static final Logger log = LoggerFactory.getLogger(Election.class);

  private final String identity;
  private final ElectionSettings settings;
  private final LeaseStore lease;
  private final Timer timer;
  private final ElectionThreads threads;
  private final TermWork work;
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private volatile @Nullable Term latest;

  // touched by the renewals' one thread only
  private final Candidacy candidacy;
  private Phase phase = Phase.CANDIDATE;
  private @Nullable Term term;
  private Timer.@Nullable Scheduled wake;
  private boolean asking;
  private boolean failing;
  private boolean workFailed;
  private boolean closing;

  Election(
      String identity,
      ElectionSettings settings,
      LeaseStore lease,
      Work work,
      ElectionThreads threads) {
    this.identity = requireNonNull(identity, "identity is null");
    this.settings = requireNonNull(settings, "settings is null");
    this.lease = requireNonNull(lease, "lease is null");
    this.threads = requireNonNull(threads, "threads is null");
    this.timer = threads.timer();
    this.work =
        new TermWork(requireNonNull(work, "work is null"), threads.work(), this::workFailed);
    this.candidacy = new Candidacy(identity, settings, Moment.of(timer));
  }

  /**
   * Takes part from now on; returns at once.
   *
   * @param primary where the Lease is and as whom it is written; time-outs and retries in it are
   *     replaced
   */
  public static Election join(Config primary, ElectionSettings settings, Work work) {
    ElectionThreads threads = ElectionThreads.named(settings.lease());
    LeaseStore lease =
        new PrimaryLease(
            ApiClients.leaseClient(primary, settings.requestTimeout()),
            settings.namespace(),
            settings.lease(),
            threads.renewals(),
            threads.timer());
    Election election =
        new Election(hostName() + "_" + UUID.randomUUID(), settings, lease, work, threads);
    election.start();
    return election;
  }

  private static String hostName() {
    String name = System.getenv("HOSTNAME"); // in a container, the name of the pod
    if (name != null && !name.isBlank()) {
      return name;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown-host";
    }
  }

  void start() {
    post(this::turn);
  }

  /** By which the Lease names this participant, and no other: host name and a random suffix. */
  public String identity() {
    return identity;
  }

  /**
   * Whether the lease is to be had when it is free: it is, unless this says otherwise. Who is not
   * willing looks on, and so can take over at once when it comes to be; a term that is under way
   * goes on.
   */
  public void setWilling(boolean willing) {
    post(
        () -> {
          candidacy.willing(willing);
          turn();
        });
  }

  /** The term that is under way, if this is the leader. */
  public Optional<Term> term() {
    return Optional.ofNullable(latest).filter(Term::holds);
  }

  /**
   * Closes the leader's work if it is the leader, then gives up the lease, so that another can have
   * it at once. Returns when that is done; it is not done if the primary does not answer. Not to be
   * called by the work. Idempotent.
   */
  @Override
  public void close() {
    leave().toCompletableFuture().join();
  }

  /** The same without waiting for it; completes when nothing is left. */
  CompletionStage<Void> leave() {
    post(
        () -> {
          closing = true;
          switch (phase) {
            case CANDIDATE -> giveUp();
            case LEADING -> closeWork();
            case STANDING_BACK -> left();
            case STEPPING_DOWN, LEAVING, GONE -> {} // which goes on to the end
          }
        });
    return gone.copy();
  }

  /** Takes the next step, unless one is under way or there is none to take. */
  private void turn() {
    boolean idle = phase == Phase.STEPPING_DOWN || phase == Phase.STANDING_BACK;
    if (asking || idle || phase == Phase.GONE) {
      return;
    }
    Term current = term;
    boolean holding = current != null && current.holds();
    if (phase == Phase.LEADING && !holding) {
      return; // its end is noticed next
    }
    if (wake != null) {
      wake.cancel();
    }
    ElectionStep step = candidacy.next(Moment.of(timer), holding);
    if (step instanceof ElectionStep.Wait wait) {
      wake = timer.schedule(wait.time(), () -> post(this::turn));
    } else if (step instanceof ElectionStep.Read) {
      ask(lease::read, (found, at) -> candidacy.saw(found.orElse(null), Moment.of(timer)));
    } else if (step instanceof ElectionStep.Create create) {
      ask(() -> lease.create(create.claim()), this::stored);
    } else if (step instanceof ElectionStep.Replace replace) {
      ask(() -> lease.replace(replace.version(), replace.claim()), this::stored);
    } else if (step instanceof ElectionStep.Yield lost) {
      log.warn("{} is held by {}, which has written itself into it", this, lost.holder());
      requireNonNull(current).end();
    } else {
      left();
    }
  }

  private <T> void ask(Supplier<CompletionStage<T>> request, BiConsumer<T, Moment> answered) {
    asking = true;
    Moment sentAt = Moment.of(timer);
    request
        .get()
        .whenComplete(
            (answer, failure) -> {
              asking = false;
              if (failure == null) {
                answered.accept(answer, sentAt);
                failing = false;
              } else {
                failed(failure, sentAt);
              }
              turn();
            });
  }

  private void failed(Throwable failure, Moment sentAt) {
    int code = PrimaryApi.code(failure);
    String reason = String.valueOf(PrimaryApi.unwrap(failure).getMessage());
    if (code == PrimaryApi.CONFLICT || failing) {
      log.debug("{}: {}", this, reason);
    } else {
      log.warn("{}: {}", this, reason);
      failing = true;
    }
    candidacy.failed(code, sentAt, Moment.of(timer));
  }

  private void stored(LeaseRecord stored, Moment sentAt) {
    candidacy.stored(stored, sentAt, Moment.of(timer));
    if (!stored.claim().holder().equals(identity)) {
      return; // made without a holder, or given up
    }
    if (phase == Phase.LEADING) {
      var unused = requireNonNull(term).renewed(sentAt); // if not, its end is noticed next
    } else if (phase == Phase.CANDIDATE) {
      gained(sentAt);
    }
  }

  private void gained(Moment sentAt) {
    Term gained =
        new Term(
            sentAt,
            settings.renewDeadline(),
            timer,
            threads.listeners(),
            () -> post(this::termEnded));
    if (!gained.holds()) {
      return; // the answer came too late
    }
    log.info("{} is held by this process, {}", this, identity);
    phase = Phase.LEADING;
    term = gained;
    latest = gained;
    gained.watch();
    work.begin(gained);
  }

  private void termEnded() {
    if (phase == Phase.LEADING && !requireNonNull(term).holds()) {
      log.warn("{} is no longer held by this process, {}", this, identity);
      phase = Phase.STEPPING_DOWN;
      closeWork();
    }
  }

  private void workFailed(Term failed) {
    post(
        () -> {
          if (phase == Phase.LEADING && failed == term) {
            workFailed = true;
            failed.end();
          }
        });
  }

  private void closeWork() {
    Term closed = requireNonNull(term);
    var unused = work.end().thenRun(() -> post(() -> workClosed(closed)));
  }

  private void workClosed(Term closed) {
    if (closed != term) {
      return; // asked for twice: the term ended while this was closing
    }
    term = null;
    closed.end();
    if (closing || workFailed) {
      giveUp();
    } else {
      phase = Phase.CANDIDATE;
      turn();
    }
  }

  private void giveUp() {
    phase = Phase.LEAVING;
    candidacy.leave(Moment.of(timer));
    turn();
  }

  private void left() {
    if (closing) {
      phase = Phase.GONE;
      lease.close();
      threads.ending().run();
      gone.complete(null);
    } else {
      phase = Phase.STANDING_BACK;
      timer.schedule(settings.leaseDuration(), () -> post(this::comeBack));
    }
  }

  private void comeBack() {
    if (phase == Phase.STANDING_BACK) {
      workFailed = false;
      phase = Phase.CANDIDATE;
      candidacy.comeBack(Moment.of(timer));
      turn();
    }
  }

  private void post(Runnable task) {
    try {
      threads.renewals().execute(task);
    } catch (RejectedExecutionException e) {
      log.trace("{} is over", this, e);
    }
  }

  @Override
  public String toString() {
    return "Lease " + settings.namespace() + "/" + settings.lease();
  }
}
