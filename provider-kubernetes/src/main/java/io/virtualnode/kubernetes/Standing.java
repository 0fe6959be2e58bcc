package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.ReplicaSettings;
import io.virtualnode.node.Election;
import io.virtualnode.node.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands for a {@link Share}: takes part in the elections of its Leases, one after the other, and
 * runs its virtual nodes while it has them all. What these send to any cluster is no write any more
 * once one of the Leases is lost. Thread-safe.
 */
final class Standing implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Standing.class);

  private final Share share;
  private final Config primary;
  private final ReplicaSettings settings;
  private final List<String> leases;
  private final Consumer<Throwable> failed;
  private final Optional<String> primaryUid;
  private Configuration configuration; // guarded by this
  private @Nullable Election first; // guarded by this
  private @Nullable ForwardingNode running; // guarded by this

  /**
   * Does not stand yet.
   *
   * @param configuration of all shares
   * @param primary where the Leases are
   * @param primaryUid which cluster the primary must be
   * @param failed told if the nodes can no longer be run by anybody
   */
  Standing(
      Share share,
      Configuration configuration,
      Config primary,
      ReplicaSettings settings,
      Optional<String> primaryUid,
      Consumer<Throwable> failed) {
    this.primaryUid = primaryUid;
    this.share = share;
    this.configuration = configuration;
    this.primary = primary;
    this.settings = settings;
    this.leases = share.leases(new NodeIdentity(configuration.node().name()));
    this.failed = failed;
  }

  /**
   * Stands from now on; returns at once.
   *
   * @param willing see {@link #setWilling}
   */
  synchronized void start(boolean willing) {
    first = join(List.of());
    first.setWilling(willing);
  }

  /** See {@link Election#setWilling}; of the first Lease, for the others follow from that. */
  synchronized void setWilling(boolean willing) {
    if (first != null) {
      first.setWilling(willing);
    }
  }

  private Election join(List<Term> terms) {
    return Election.join(
        primary,
        settings.election(leases.get(terms.size())),
        term -> {
          var held = new ArrayList<>(terms);
          held.add(term);
          return held.size() < leases.size() ? join(held) : run(held);
        });
  }

  /** If it cannot, and there are others to hold back the Leases, that is a failure of them all. */
  private AutoCloseable run(List<Term> terms) {
    try {
      return tryRun(terms);
    } catch (RuntimeException e) {
      if (terms.size() > 1) {
        failed.accept(e);
      }
      throw e;
    }
  }

  private synchronized AutoCloseable tryRun(List<Term> terms) {
    log.info("this process runs {}", share);
    var node =
        new ForwardingNode(
            share.narrow(configuration),
            Clients.guarded(() -> terms.stream().allMatch(Term::holds)),
            share::includes);
    primaryUid.ifPresent(node::primaryMustBe);
    running = node;
    node.ended().whenComplete((nothing, failure) -> ended(node, failure));
    node.start();
    return () -> end(node);
  }

  private void ended(ForwardingNode node, @Nullable Throwable failure) {
    boolean byItself;
    synchronized (this) {
      byItself = running == node; // not while it is being closed
    }
    if (failure != null && byItself) {
      failed.accept(failure);
    }
  }

  private void end(ForwardingNode node) {
    log.info("this process no longer runs {}", share);
    synchronized (this) {
      running = null;
    }
    node.close();
  }

  /** Whether its nodes are run here. */
  synchronized boolean leads() {
    return running != null;
  }

  synchronized void reload(Configuration newest) {
    configuration = newest;
    if (running != null) {
      running.reload(share.narrow(newest));
    }
  }

  /** Stops what runs, then gives the Leases up; returns when that is done. Idempotent. */
  @Override
  public void close() {
    Election ending;
    synchronized (this) {
      ending = first;
    }
    if (ending != null) {
      ending.close();
    }
  }
}
