package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;

/** The provider's way back: notes what it says and wakes whoever acts on it. */
final class ProviderLink implements NodeContext {

  private final String nodeName;
  private final String primaryUid;
  private final PodApi api;
  private final Pods pods;
  private final Events events;
  private final Function<NodeReport, CompletionStage<Void>> reports;
  private final Consumer<PodKey> podQueue;
  private final Consumer<PodKey> statusQueue;
  private final Executor callers;

  /**
   * A link that works at once.
   *
   * @param callers runs what the provider does with an answer
   */
  ProviderLink(
      String nodeName,
      String primaryUid,
      PodApi api,
      Pods pods,
      Events events,
      Function<NodeReport, CompletionStage<Void>> reports,
      Consumer<PodKey> podQueue,
      Consumer<PodKey> statusQueue,
      Executor callers) {
    this.nodeName = nodeName;
    this.primaryUid = primaryUid;
    this.api = api;
    this.pods = pods;
    this.events = events;
    this.reports = reports;
    this.podQueue = podQueue;
    this.statusQueue = statusQueue;
    this.callers = callers;
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
  public CompletionStage<Void> report(NodeReport report) {
    return reports.apply(report);
  }

  @Override
  public void podStatus(PodKey pod, PodStatus status) {
    PodState state = pods.mentioned(pod);
    if (state != null && state.push(status)) {
      statusQueue.accept(pod);
      Pod stored = pods.store().newest(pod.uid());
      if (stored != null && Phases.isTerminal(stored) && !Phases.isTerminal(status)) {
        podQueue.accept(pod); // it lives, and the primary says that it has ended
      }
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
    if (pods.isTakenBack(condition.getType())) {
      return CompletableFuture.failedFuture(
          new ProviderException(
              Reason.INVALID,
              "record of pod " + pod + " of a condition that is taken back: " + condition));
    }
    PodState state = pods.state(pod);
    if (state == null) {
      return CompletableFuture.failedFuture(PodErrors.notFound(pod));
    }
    CompletableFuture<Pod> stored = new CompletableFuture<>();
    PodCondition copy = new PodConditionBuilder(condition).build();
    if (!state.record(copy, stored)) {
      return CompletableFuture.failedFuture(
          new ProviderException(
              Reason.INVALID, "record of pod " + pod + " outside of an apply: " + condition));
    }
    statusQueue.accept(pod);
    return stored;
  }

  @Override
  public CompletionStage<Optional<Pod>> live(PodKey pod) {
    return api.pod(pod)
        .handleAsync(
            (found, failure) -> {
              if (failure != null) {
                throw PodErrors.notRead(pod, failure);
              }
              found.ifPresent(pods.store()::remember);
              return found;
            },
            callers);
  }

  @Override
  public void event(PodKey pod, boolean warning, String reason, String message) {
    events.publish(pod, warning, reason, message);
  }
}
