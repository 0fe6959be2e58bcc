package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.NodeKey;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The slots that one process has given, from when it gave them until whatever uses them has ended
 * or was taken back: a record apart from the ledger's.
 */
final class Promises {

  private final Map<String, Promise> byProxy = new LinkedHashMap<>();

  /** A slot that was given. */
  record Promise(String proxyUid, NodeKey node, Size request, long madeAt) {}

  void add(Promise promise) {
    byProxy.putIfAbsent(promise.proxyUid, promise);
  }

  void end(String proxyUid) {
    byProxy.remove(proxyUid);
  }

  void endAll(String member) {
    byProxy.values().removeIf(promise -> promise.node.member().equals(member));
  }

  @Nullable Promise of(String proxyUid) {
    return byProxy.get(proxyUid);
  }

  Iterable<Promise> all() {
    return byProxy.values();
  }
}
