package io.virtualnode.kubernetes;

import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Every proxy that the primary has or that still has a delegate, by UID. Thread-safe. */
final class Forwardings {

  private final Map<String, Forwarding> byUid = new ConcurrentHashMap<>();

  /** The forwarding of a proxy, made if it is the first that is heard of it. */
  Forwarding of(PodKey proxy) {
    return byUid.computeIfAbsent(proxy.uid(), uid -> new Forwarding(proxy));
  }

  /** The forwarding of a proxy that is bound to the virtual node of that scope. */
  Forwarding of(PodKey proxy, Scope scope) {
    var forwarding = of(proxy);
    forwarding.boundTo(scope);
    return forwarding;
  }

  @Nullable Forwarding find(PodKey proxy) {
    return byUid.get(proxy.uid());
  }

  /** Forgets a proxy that neither the primary nor a member has. */
  void forget(Forwarding forwarding) {
    byUid.remove(forwarding.proxy().uid(), forwarding);
  }

  List<Forwarding> all() {
    return List.copyOf(byUid.values());
  }
}
