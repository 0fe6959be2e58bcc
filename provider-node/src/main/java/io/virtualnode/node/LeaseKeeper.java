package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the node's Lease, by which the primary knows that the node is alive.
 *
 * <p>As a kubelet does ({@code k8s.io/component-helpers/apimachinery/lease}): 40 s long, renewed
 * every 10 s at a moment of the node's own, owned by the Node, made again when it is missing. When
 * the Node was created anew the Lease gets the new owner, or the primary's garbage collector would
 * take it. A primary that gives a renewal an older resourceVersion than the one before has
 * forgotten what it had acknowledged (KEP-5504 says that they can be compared). Runs on a thread of
 * its own, so that nothing else in the process can hold it up.
 */
final class LeaseKeeper implements AutoCloseable {

  static final Duration DURATION = Duration.ofSeconds(40);
  static final Duration INTERVAL = Duration.ofSeconds(10);

  /** Two attempts fit into the time between two renewals. */
  static final Duration TIMEOUT = Duration.ofSeconds(4);

  private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final String name;
  private final LeaseApi api;
  private final Cadence cadence;
  private final Timer timer;
  private final Counters counters;
  private final WorkQueue<String> queue;

  private volatile @Nullable OwnerReference owner;
  private volatile CompletableFuture<Void> held = new CompletableFuture<>();
  private final CompletableFuture<Void> forgotten = new CompletableFuture<>();

  // touched by the queue's one run at a time only
  private boolean failing;
  private @Nullable String version;

  /**
   * A keeper that holds nothing yet.
   *
   * @param phase where in the interval between two renewals this node's is, from 0 to below 1
   */
  LeaseKeeper(
      String nodeName,
      LeaseApi api,
      double phase,
      Executor executor,
      Timer timer,
      Counters counters) {
    this.name = nodeName;
    this.cadence = new Cadence(INTERVAL, phase);
    this.api = api;
    this.timer = timer;
    this.counters = counters;
    this.queue =
        new WorkQueue<>(
            "lease renewal", key -> renew(), executor, timer, RandomGenerator.getDefault());
  }

  /**
   * Tells which Node the lease is for; renewing begins with the first.
   *
   * @return completes when the primary has stored a lease with that owner
   */
  CompletionStage<Void> nodeStands(Node node) {
    OwnerReference known = owner;
    if (known == null || !known.getUid().equals(node.getMetadata().getUid())) {
      held = new CompletableFuture<>();
      owner =
          new OwnerReferenceBuilder()
              .withApiVersion("v1")
              .withKind("Node")
              .withName(name)
              .withUid(node.getMetadata().getUid())
              .build();
      queue.add(name);
    }
    return held.copy();
  }

  /** Completes if the primary turns out to be in an older state than it once was. */
  CompletionStage<Void> forgotten() {
    return forgotten.copy();
  }

  /** Renews no more: the lease runs out by itself. */
  @Override
  public void close() {
    owner = null;
    queue.close();
  }

  private CompletionStage<Outcome> renew() {
    OwnerReference current = owner;
    CompletableFuture<Void> holding = held;
    if (current == null) {
      return Outcome.done();
    }
    return api.patchLease(
            name, Map.of("metadata", Map.of("ownerReferences", List.of(current)), "spec", spec()))
        .exceptionallyCompose(
            failure ->
                PrimaryApi.code(failure) == PrimaryApi.NOT_FOUND
                    ? api.createLease(lease(current))
                    : CompletableFuture.failedFuture(failure))
        .handle(
            (stored, failure) -> {
              if (failure != null) {
                log.warn("Lease {} was not renewed: {}", name, failure.toString());
                failing = true;
                return new Outcome.RetryAfter(RETRY);
              }
              if (failing) {
                log.info("Lease {} is renewed again", name);
                failing = false;
              }
              if (hasGoneBackTo(stored.getMetadata().getResourceVersion())) {
                forgotten.complete(null);
                return Outcome.DONE;
              }
              counters.leaseRenewals.increment();
              holding.complete(null);
              return new Outcome.RetryAfter(cadence.untilNext(timer.nanoTime()));
            });
  }

  private boolean hasGoneBackTo(String stored) {
    String before = version;
    version = stored;
    return before != null && ResourceVersions.isNewer(before, stored);
  }

  private Map<String, Object> spec() {
    return Map.of(
        "holderIdentity", name,
        "leaseDurationSeconds", DURATION.toSeconds(),
        "renewTime", Times.micros(timer.now()));
  }

  private Lease lease(OwnerReference owner) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("kube-node-lease")
        .withOwnerReferences(owner)
        .endMetadata()
        .withNewSpec()
        .withHolderIdentity(name)
        .withLeaseDurationSeconds((int) DURATION.toSeconds())
        .withRenewTime(timer.now().atZone(ZoneOffset.UTC))
        .endSpec()
        .build();
  }
}
