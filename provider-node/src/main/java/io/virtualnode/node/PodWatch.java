package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtualnode.api.PodKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the pods that are bound to our nodes, all with one watch, and hands each node its own.
 *
 * <p>For a single node the API server is asked for that node's pods only. For several it is asked
 * for all bound pods, and those of other nodes are passed over: a watch can name one node, not
 * many. (That has a good side too: to a watch of one node the API server grants a queue of about
 * ten events and cuts it off when that overflows, to a general one a thousand.) The pods of a node
 * that joins while the general watch runs are listed by name, see {@link PodStore#join}.
 *
 * <p>Lists are consistent: with a limit, fabric8 does not ask for resourceVersion 0. A pod that is
 * only missing from a list, because the watch was cut off meanwhile, is asked for by name before
 * anybody hears that it is gone: its work would be ended.
 */
final class PodWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(PodWatch.class);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final long PAGE = 500;

  /** A node, and what completes when all its pods have come in. */
  private record Member(PodInbox inbox, CompletableFuture<Void> synced) {}

  private final ConcurrentHashMap<String, Member> members = new ConcurrentHashMap<>();
  private final PodStore store = new PodStore(this::isOurs);
  private final CompletableFuture<Void> listed = new CompletableFuture<>();
  private final SharedIndexInformer<Pod> informer;
  private final PodApi api;
  private final Timer timer;

  // guarded by this
  private boolean started;
  private volatile boolean closed;

  /**
   * A watch that begins when the first node is added.
   *
   * @param onlyNode the one node that there will ever be; null if there may be several
   */
  PodWatch(KubernetesClient client, @Nullable String onlyNode, PodApi api, Timer timer) {
    this.api = api;
    this.timer = timer;
    var bound = client.pods().inAnyNamespace();
    this.informer =
        (onlyNode == null
                ? bound.withoutField("spec.nodeName", "")
                : bound.withField("spec.nodeName", onlyNode))
            .withLimit(PAGE)
            .runnableInformer(0)
            .removeNamespaceIndex() // it would remember pods that the store does not keep
            .itemStore(store)
            .exceptionHandler((begun, failure) -> true)
            .addEventHandler(new Handler());
  }

  PodStore store() {
    return store;
  }

  /** Completes when every pod of the node has been seen and observed. */
  CompletionStage<Void> add(String nodeName, PodInbox inbox) {
    Member member = new Member(inbox, new CompletableFuture<>());
    boolean first;
    synchronized (this) {
      first = !started;
      started = true;
      if (first) {
        members.put(nodeName, member);
      }
    }
    if (first) {
      informer.start();
    }
    var unused =
        first
            ? listed.thenRun(() -> complete(nodeName, member))
            : listed.thenRun(() -> join(nodeName, member));
    return member.synced().copy();
  }

  /** The node hears of no more pods; the store keeps them until the node has left that too. */
  void remove(String nodeName) {
    members.remove(nodeName);
  }

  @Override
  public void close() {
    closed = true;
    informer.stop();
  }

  private void join(String nodeName, Member member) {
    store.join(nodeName);
    members.put(nodeName, member);
    list(nodeName, member);
  }

  private void list(String nodeName, Member member) {
    api.podsOn(nodeName)
        .whenComplete(
            (pods, failure) -> {
              if (closed || !member.equals(members.get(nodeName))) {
                return;
              }
              if (failure == null) {
                takeIn(pods, member.inbox());
                store.joined(nodeName);
                complete(nodeName, member);
              } else {
                log.warn(
                    "The pods of node {} cannot be listed yet: {}",
                    nodeName,
                    PrimaryApi.unwrap(failure).getMessage());
                timer.schedule(RETRY, () -> list(nodeName, member));
              }
            });
  }

  private void takeIn(List<Pod> pods, PodInbox inbox) {
    for (Pod pod : pods) {
      Pod kept = store.takeIn(pod);
      if (kept != null) {
        inbox.seen(kept);
      }
    }
  }

  private static void complete(String nodeName, Member member) {
    int bound = member.inbox().complete();
    if (bound > 0) {
      log.info("{} pods are bound to node {}", bound, nodeName);
    }
    member.synced().complete(null);
  }

  private boolean isOurs(@Nullable String nodeName) {
    return nodeName != null && members.containsKey(nodeName);
  }

  private @Nullable PodInbox inboxOf(Pod pod) {
    String nodeName = pod.getSpec().getNodeName();
    Member member = nodeName == null ? null : members.get(nodeName);
    return member == null ? null : member.inbox();
  }

  /** The pod was not in a list. Lists and single reads are both answered from the newest state. */
  private void confirmGone(PodKey key, PodInbox inbox) {
    api.pod(key)
        .whenComplete(
            (found, failure) -> {
              if (closed) {
                return;
              }
              if (failure != null) {
                timer.schedule(RETRY, () -> confirmGone(key, inbox));
              } else if (found.isEmpty()) {
                inbox.forgotten(key, false);
              } else {
                log.warn("Pod {} was missing from a list and is there", key);
                Pod kept = store.takeIn(found.get());
                if (kept != null) {
                  inbox.seen(kept);
                }
              }
            });
  }

  /** Called by the informer, one call at a time, in the order of the watch. */
  private final class Handler implements ResourceEventHandler<Pod> {

    @Override
    public void onAdd(Pod pod) {
      seen(pod);
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
      seen(pod);
    }

    private void seen(Pod pod) {
      PodInbox inbox = inboxOf(pod);
      if (inbox != null) {
        inbox.seen(pod);
      }
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
      PodInbox inbox = inboxOf(pod);
      if (inbox == null) {
        return;
      }
      PodKey key = PodKey.of(pod);
      if (finalStateUnknown) {
        confirmGone(key, inbox);
      } else {
        inbox.forgotten(key, true);
      }
    }

    @Override
    public void onList(String resourceVersion, boolean remainedEmpty) {
      listed.complete(null);
    }
  }
}
