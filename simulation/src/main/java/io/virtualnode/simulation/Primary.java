package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the primary stores. */
final class Primary {

  /** Who is told of every change to a bound pod at once. */
  interface Watcher {
    void changed(Proxy proxy);

    void gone(Proxy proxy);
  }

  final Map<String, Proxy> proxies = new LinkedHashMap<>(); // that the API has
  final Map<String, Proxy> every = new LinkedHashMap<>(); // that there ever was
  final Map<String, Proxy> ended = new LinkedHashMap<>(); // counted until lately
  final Map<String, VirtualNode> nodes = new TreeMap<>();
  final Scheduler scheduler;
  @Nullable Watcher watcher;
  private final Agenda agenda;
  int created;
  int finished;

  Primary(Agenda agenda, Scheduler scheduler) {
    this.agenda = agenda;
    this.scheduler = scheduler;
    scheduler.primary(this);
  }

  VirtualNode node(Scope scope) {
    return nodes.computeIfAbsent(VirtualNode.name(scope), name -> new VirtualNode(scope));
  }

  void create(Proxy proxy) {
    created++;
    proxies.put(proxy.uid(), proxy);
    every.put(proxy.uid(), proxy);
    scheduler.added(proxy);
  }

  /** A pod is bound; refused if it is no more. */
  boolean bind(Proxy proxy, VirtualNode node) {
    if (proxy.gone || proxy.deleting) {
      return false;
    }
    proxy.node = node;
    proxy.boundAt = agenda.now();
    proxy.nominated = null;
    changed(proxy);
    return true;
  }

  /** Nodes' status is written. */
  void report(VirtualNode node, Size allocatable) {
    node.allocatable = allocatable;
    node.current = true;
    scheduler.nodeChanged(node, allocatable);
  }

  /** Stores where the delegate goes; refused if the pod is no more or has one already. */
  boolean intend(Proxy proxy, NodeKey node) {
    if (proxy.gone || proxy.terminal || proxy.intent != null) {
      return false;
    }
    proxy.intent = node;
    changed(proxy);
    return true;
  }

  void run(Proxy proxy) {
    if (!proxy.gone && !proxy.terminal) {
      proxy.ran = true;
      changed(proxy);
    }
  }

  void terminate(Proxy proxy) {
    if (!proxy.gone && !proxy.terminal) {
      proxy.terminal = true;
      finished++;
      freed(proxy);
      changed(proxy);
    }
  }

  /** A pod is to go: at once if it is not bound, else when it is {@link #finalizeDeletion}d. */
  void delete(Proxy proxy) {
    if (proxy.gone) {
      return;
    }
    proxy.deleting = true;
    if (proxy.node == null) {
      remove(proxy);
    } else {
      changed(proxy);
    }
  }

  /** Nothing of it is left in any member. */
  void finalizeDeletion(Proxy proxy) {
    if (proxy.deleting) {
      remove(proxy);
    }
  }

  /** A pod goes, whatever becomes of its delegate. */
  void remove(Proxy proxy) {
    if (proxy.gone) {
      return;
    }
    proxy.gone = true;
    proxies.remove(proxy.uid());
    if (!proxy.terminal) {
      finished++;
      freed(proxy);
    }
    if (watcher != null && proxy.node != null) {
      watcher.gone(proxy);
    }
  }

  private void freed(Proxy proxy) {
    proxy.freedAt = agenda.now();
    ended.put(proxy.uid(), proxy);
    ended.values().removeIf(old -> old.freedAt < agenda.now() - Recent.HORIZON_MILLIS);
    scheduler.freed(proxy);
  }

  private void changed(Proxy proxy) {
    if (watcher != null && proxy.node != null) {
      watcher.changed(proxy);
    }
  }
}
