package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.placement.SlotCollector;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collects slots for wide pods that are not bound; as {@code SlotCollection} in the product. */
final class Collection {

  private static final int PERIOD_MILLIS = 200;
  private static final long WHOLE_PATIENCE_MILLIS = 120_000;
  private static final long PATIENCE_MILLIS = 6 * 3_600_000L;

  private final Shell shell;
  private final long wideMillicores;
  private final SlotCollector.Setting setting;
  private final Set<String> announced = new HashSet<>();
  private final Map<String, VirtualNode> wanted = new HashMap<>();

  Collection(Shell shell, int wideCores, long afterMillis, int atOnce) {
    this.shell = shell;
    this.wideMillicores = wideCores * 1000L;
    this.setting =
        new SlotCollector.Setting(afterMillis, atOnce, WHOLE_PATIENCE_MILLIS, PATIENCE_MILLIS);
  }

  void tick() {
    var site = shell.site;
    var waiting =
        site.primary().proxies.values().stream().filter(this::isWaiting).map(Seen::of).toList();
    long now = site.agenda().now();
    site.agenda().in(site.network().delay(), () -> shell.ifAlive(() -> collect(waiting, now)));
    site.agenda().in(PERIOD_MILLIS, () -> shell.ifAlive(this::tick));
  }

  private boolean isWaiting(Proxy proxy) {
    return proxy.node == null
        && !proxy.deleting
        && proxy.unschedulableSince >= 0
        && proxy.request.cpu() >= wideMillicores;
  }

  /** An unbound pod, as the watch shows it. */
  private record Seen(Proxy proxy, long since, @Nullable VirtualNode nominated) {
    static Seen of(Proxy proxy) {
      return new Seen(proxy, proxy.unschedulableSince, proxy.nominated);
    }
  }

  private void collect(List<Seen> waiting, long now) {
    if (!shell.synced) {
      return;
    }
    for (var pod : waiting) {
      var node = wanted.get(pod.proxy.uid());
      if (node != null && node == pod.nominated) {
        announced.add(pod.proxy.uid());
      }
    }
    announced.retainAll(waiting.stream().map(pod -> pod.proxy.uid()).toList());
    var unbound =
        waiting.stream()
            .map(
                pod ->
                    new SlotCollector.Unbound(
                        shell.demand(pod.proxy), pod.since, pod.proxy.priority))
            .toList();
    shell.changed = true;
    var whole = shell.account.collect(unbound, Set.copyOf(announced), now, setting);
    wanted.clear();
    whole.forEach((uid, node) -> wanted.put(uid, nodeFor(node)));
    announced.retainAll(wanted.keySet());
    for (var pod : waiting) {
      var node = wanted.get(pod.proxy.uid());
      if (node != pod.nominated) {
        nominate(pod.proxy, node);
      }
    }
  }

  private VirtualNode nodeFor(NodeKey key) {
    return shell.site.primary().node(shell.site.scopeOf(key));
  }

  private void nominate(Proxy proxy, @Nullable VirtualNode node) {
    shell
        .site
        .network()
        .ask(
            () -> true,
            false,
            () -> shell.site.primary().scheduler.nominate(proxy, node),
            ok -> {});
  }
}
