package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.virtualnode.api.NodeReport;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Writes the Node object, one write at a time: creates it, or brings what stands in line.
 *
 * <p>Each write names the UID of the Node it is meant for. Where another was faster the Node is
 * read again, and the stage completes empty: decide anew. To be used by one thread at a time.
 */
final class NodeWriter {

  private final String name;
  private final Cadence heartbeat;
  private final NodeApi api;
  private final ObservedNode observed;
  private final Timer timer;
  private final Counters counters;

  private final Set<String> formerConditions = new HashSet<>();
  private NodeDescription description;
  private NodeObject object;
  private boolean taintsSettled;
  private boolean written;
  private long writtenAt;
  private boolean stated;
  private long heartbeatAt;

  NodeWriter(
      NodeDescription description,
      NodeApi api,
      ObservedNode observed,
      Cadence heartbeat,
      Timer timer,
      Counters counters) {
    this.name = description.name();
    this.heartbeat = heartbeat;
    this.description = description;
    this.object = new NodeObject(description);
    this.api = api;
    this.observed = observed;
    this.timer = timer;
    this.counters = counters;
  }

  /** How the node is described from now on. */
  void describe(NodeDescription newest) {
    if (!newest.equals(description)) {
      taintsSettled &= newest.taints().equals(description.taints());
      description = newest;
      object = new NodeObject(newest);
    }
  }

  /** How long it takes until this much time has passed since the last write; zero if it has. */
  Duration untilPassed(Duration spacing) {
    Duration left = spacing.minusNanos(timer.nanoTime() - writtenAt);
    return written && !left.isNegative() ? left : Duration.ZERO;
  }

  /** How long it takes until the status is to be written even if it is unchanged. */
  Duration untilHeartbeat() {
    long left = heartbeatAt - timer.nanoTime();
    return stated && left > 0 ? Duration.ofNanos(left) : Duration.ZERO;
  }

  /** Creates the Node, where none is known to stand. */
  CompletionStage<Optional<Node>> create(NodeReport report) {
    wrote(report);
    Node whole = object.create(report, timer.now());
    observed.formerMarks().forEach(whole.getMetadata().getAnnotations()::putIfAbsent);
    return api.createNode(whole)
        .thenApply(
            node -> {
              taintsSettled = true;
              observed.created(node);
              return Optional.of(node);
            })
        .exceptionallyCompose(
            failure ->
                PrimaryApi.code(failure) == PrimaryApi.CONFLICT
                    ? reread(null).thenApply(live -> Optional.empty())
                    : failed(failure));
  }

  /** Writes what differs, at most the metadata and then the status. */
  CompletionStage<Optional<Node>> update(Node node, NodeReport report) {
    CompletionStage<Node> settled =
        object
            .metadataPatch(node, !taintsSettled)
            .map(
                patch -> {
                  touched();
                  return api.patchNode(name, patch);
                })
            .orElseGet(() -> CompletableFuture.completedFuture(node));
    return settled
        .thenCompose(
            current -> {
              taintsSettled = true;
              boolean due = untilHeartbeat().isZero();
              return object
                  .status()
                  .patch(current, report, formerConditions, due, timer.now())
                  .map(
                      patch -> {
                        wrote(report);
                        return api.patchNodeStatus(name, patch);
                      })
                  .orElseGet(() -> CompletableFuture.completedFuture(current));
            })
        .thenApply(
            current -> {
              observed.seen(current);
              return Optional.of(current);
            })
        .exceptionallyCompose(failure -> notUpdated(node, failure));
  }

  /** Reads the Node past every cache; {@code known} is forgotten if there is none. */
  CompletionStage<Optional<Node>> reread(@Nullable Node known) {
    return api.node(name)
        .thenApply(
            live -> {
              if (live.isPresent()) {
                observed.seen(live.get());
              } else {
                observed.absent(known);
              }
              return live;
            });
  }

  private CompletionStage<Optional<Node>> notUpdated(Node node, Throwable failure) {
    return switch (PrimaryApi.code(failure)) {
      case PrimaryApi.CONFLICT, PrimaryApi.NOT_FOUND ->
          reread(node).thenApply(live -> Optional.empty());
      // A patch with the UID of another Node is refused like one that is malformed.
      case PrimaryApi.INVALID ->
          reread(node)
              .thenCompose(
                  live ->
                      live.filter(now -> ObservedNode.isSame(now, node)).isPresent()
                          ? failed(failure)
                          : CompletableFuture.completedFuture(Optional.empty()));
      default -> failed(failure);
    };
  }

  private static CompletionStage<Optional<Node>> failed(Throwable failure) {
    return CompletableFuture.failedFuture(PrimaryApi.unwrap(failure));
  }

  private void wrote(NodeReport report) {
    counters.nodeStatusWrites.increment();
    touched();
    stated = true;
    heartbeatAt = writtenAt + heartbeat.untilNext(writtenAt).toNanos();
    report.conditions().stream().map(NodeCondition::getType).forEach(formerConditions::add);
  }

  private void touched() {
    written = true;
    writtenAt = timer.nanoTime();
  }
}
