package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The provider's way back: notes what it says and wakes whoever acts on it. */
final class ProviderLink implements NodeContext {

  private final String nodeName;
  private final String primaryUid;
  private final PrimaryApi api;
  private final Pods pods;
  private final Events events;
  private final Consumer<NodeReport> reports;
  private final Consumer<PodKey> podQueue;
  private final Consumer<PodKey> statusQueue;

  ProviderLink(
      String nodeName,
      String primaryUid,
      PrimaryApi api,
      Pods pods,
      Events events,
      Consumer<NodeReport> reports,
      Consumer<PodKey> podQueue,
      Consumer<PodKey> statusQueue) {
    this.nodeName = nodeName;
    this.primaryUid = primaryUid;
    this.api = api;
    this.pods = pods;
    this.events = events;
    this.reports = reports;
    this.podQueue = podQueue;
    this.statusQueue = statusQueue;
  }

  @Override
  public String nodeName() {
    return nodeName;
  }

  @Override
  public String primaryUid() {
    return primaryUid;
  }

  @Override
  public void report(NodeReport report) {
    reports.accept(report);
  }

  @Override
  public void podStatus(PodKey pod, PodStatus status) {
    PodState state = pods.mentioned(pod);
    if (state != null && state.push(status)) {
      statusQueue.accept(pod);
    }
  }

  @Override
  public void podGone(PodKey pod) {
    PodState state = pods.mentioned(pod);
    if (state != null) {
      state.gone();
      statusQueue.accept(pod);
      podQueue.accept(pod);
    }
  }

  @Override
  public void requeue(PodKey pod) {
    PodState state = pods.state(pod);
    if (state != null) {
      state.applyAgain();
      podQueue.accept(pod);
    }
  }

  @Override
  public CompletionStage<Pod> record(PodKey pod, PodCondition condition) {
    PodState state = pods.state(pod);
    CompletableFuture<Pod> stored = new CompletableFuture<>();
    if (state == null) {
      stored.completeExceptionally(
          new ProviderException(Reason.NOT_FOUND, "pod " + pod + " is not in the primary"));
    } else if (state.record(new PodState.Recording(condition, stored))) {
      statusQueue.accept(pod);
    } else {
      stored.completeExceptionally(
          new ProviderException(
              Reason.INVALID, "record of pod " + pod + " outside of an apply: " + condition));
    }
    return stored;
  }

  @Override
  public CompletionStage<Optional<Pod>> live(PodKey pod) {
    return api.pod(pod)
        .whenComplete(
            (found, failure) -> {
              if (found != null) {
                found.ifPresent(pods.store()::remember);
              }
            })
        .handle(
            (found, failure) -> {
              if (failure == null) {
                return found;
              }
              Throwable cause = PrimaryApi.unwrap(failure);
              throw new ProviderException(
                  Reason.UNAVAILABLE,
                  "pod " + pod + " could not be read: " + cause.getMessage(),
                  cause);
            });
  }

  @Override
  public void event(PodKey pod, boolean warning, String reason, String message) {
    events.publish(pod, warning, reason, message);
  }
}
