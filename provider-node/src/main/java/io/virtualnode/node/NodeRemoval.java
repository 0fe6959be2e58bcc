package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the Node object of a closed node out of the primary, if it has no pods: the primary would
 * fail pods whose Node is missing.
 *
 * <p>First a taint keeps new pods away, and a moment passes for what the scheduler has decided
 * already. If pods are found after that the taint is taken off again; if this process ends before
 * it could, the next one does, since the taint is noted as ours. Pods of DaemonSets do not count:
 * they go with the Node.
 */
final class NodeRemoval {

  static final String TAINT_KEY = "virtualnode.io/removing";

  private static final Logger log = LoggerFactory.getLogger(NodeRemoval.class);
  private static final Duration SETTLING = Duration.ofMillis(500);
  private static final int ATTEMPTS = 5;

  private final NodeDescription description;
  private final NodeApi nodes;
  private final PodApi pods;
  private final Timer timer;

  NodeRemoval(NodeDescription description, NodeApi nodes, PodApi pods, Timer timer) {
    this.description = description;
    this.nodes = nodes;
    this.pods = pods;
    this.timer = timer;
  }

  /** Completes with whether the primary has no such Node of ours any more; never fails. */
  CompletionStage<Boolean> run() {
    return run(ATTEMPTS)
        .exceptionally(
            failure -> {
              log.warn(
                  "Node {} stays: {}", description.name(), PrimaryApi.unwrap(failure).getMessage());
              return false;
            });
  }

  /** Others write Nodes too: what has been changed meanwhile is read again. */
  private CompletionStage<Boolean> run(int attempts) {
    return nodes
        .node(description.name())
        .thenCompose(
            found ->
                found
                    .filter(NodeObject::isManaged)
                    .map(this::remove)
                    .orElseGet(() -> CompletableFuture.completedFuture(found.isEmpty())))
        .exceptionallyCompose(
            failure ->
                attempts > 1 && PrimaryApi.code(failure) == PrimaryApi.CONFLICT
                    ? run(attempts - 1)
                    : CompletableFuture.failedFuture(failure));
  }

  private CompletionStage<Boolean> remove(Node node) {
    List<Taint> taints = new ArrayList<>(description.taints());
    taints.add(new Taint("NoSchedule", TAINT_KEY, null, null));
    return write(node, description.withTaints(taints))
        .thenCompose(tainted -> settled().thenCompose(nothing -> isFree()))
        .thenCompose(free -> free ? delete(node) : leave());
  }

  private CompletionStage<Boolean> isFree() {
    return pods.podsOn(description.name())
        .thenApply(found -> found.stream().allMatch(pod -> PodKind.of(pod) == PodKind.DAEMON));
  }

  private CompletionStage<Boolean> delete(Node node) {
    return nodes
        .deleteNode(description.name(), node.getMetadata().getUid())
        .thenApply(
            nothing -> {
              log.info("Node {} is removed", description.name());
              return true;
            });
  }

  private CompletionStage<Boolean> leave() {
    log.info("Node {} stays: there are pods on it", description.name());
    return nodes
        .node(description.name())
        .thenCompose(
            found ->
                found
                    .map(node -> write(node, description))
                    .orElseGet(() -> CompletableFuture.completedFuture(null)))
        .thenApply(node -> false);
  }

  private CompletionStage<Node> write(Node node, NodeDescription wanted) {
    return new NodeObject(wanted)
        .metadataPatch(node, true)
        .map(patch -> nodes.patchNode(description.name(), patch))
        .orElseGet(() -> CompletableFuture.completedFuture(node));
  }

  private CompletionStage<Void> settled() {
    CompletableFuture<Void> passed = new CompletableFuture<>();
    timer.schedule(SETTLING, () -> passed.complete(null));
    return passed;
  }
}
