package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The ways back to the virtual nodes: what is said of a proxy goes to the node that it is bound to.
 * What is said of a proxy that no virtual node has is dropped, as a node would drop it.
 *
 * <p>Thread-safe; no method blocks.
 */
final class Contexts {

  private final Forwardings forwardings;
  private final Map<Scope, NodeContext> byScope = new ConcurrentHashMap<>();
  private final Map<String, HeldBack> heldBack = new ConcurrentHashMap<>(); // by the proxy's UID

  Contexts(Forwardings forwardings) {
    this.forwardings = forwardings;
  }

  /** The virtual node of that scope is there from now on. */
  void join(Scope scope, NodeContext context) {
    byScope.put(scope, context);
  }

  /** It no longer is. */
  void leave(Scope scope) {
    byScope.remove(scope);
  }

  /** See {@link NodeContext#report}; a virtual node that has ended has nothing to lower. */
  CompletionStage<Void> report(Scope scope, NodeReport report) {
    var context = byScope.get(scope);
    return context == null ? Site.done() : context.report(report);
  }

  /** Keeps back what is said of a proxy, in its order, until the stage completes. */
  void holdBack(PodKey proxy, CompletionStage<Void> until) {
    var held =
        heldBack.compute(
            proxy.uid(), (uid, before) -> before != null && before.hold() ? before : held());
    until.thenRun(
        () -> {
          if (held.release()) {
            heldBack.remove(proxy.uid(), held);
          }
        });
  }

  private static HeldBack held() {
    var held = new HeldBack();
    held.hold();
    return held;
  }

  private void say(PodKey proxy, Consumer<NodeContext> message) {
    var context = of(proxy);
    if (context.isPresent()) {
      var held = heldBack.get(proxy.uid());
      if (held == null || !held.keeps(() -> message.accept(context.get()))) {
        message.accept(context.get());
      }
    }
  }

  /** See {@link NodeContext#podStatus}. */
  void podStatus(PodKey proxy, PodStatus status) {
    say(proxy, context -> context.podStatus(proxy, status));
  }

  /** See {@link NodeContext#podGone}. */
  void podGone(PodKey proxy) {
    say(proxy, context -> context.podGone(proxy));
  }

  /** See {@link NodeContext#requeue}. */
  void requeue(PodKey proxy) {
    of(proxy).ifPresent(context -> context.requeue(proxy));
  }

  /** See {@link NodeContext#record}. */
  CompletionStage<Pod> record(PodKey proxy, PodCondition condition) {
    return of(proxy)
        .map(context -> context.record(proxy, condition))
        .orElseGet(
            () ->
                CompletableFuture.failedFuture(
                    new ProviderException(
                        Reason.UNAVAILABLE, "no virtual node has " + proxy + " any more")));
  }

  /** See {@link NodeContext#live}; any virtual node can ask, for all are of one primary. */
  CompletionStage<Optional<Pod>> live(PodKey proxy) {
    return of(proxy)
        .or(() -> byScope.values().stream().findAny())
        .map(context -> context.live(proxy))
        .orElseGet(
            () ->
                CompletableFuture.failedFuture(
                    new ProviderException(Reason.UNAVAILABLE, "there is no virtual node yet")));
  }

  private Optional<NodeContext> of(PodKey proxy) {
    return Optional.ofNullable(forwardings.find(proxy))
        .flatMap(Forwarding::scope)
        .map(byScope::get);
  }
}
