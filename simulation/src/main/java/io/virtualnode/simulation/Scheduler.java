package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The primary's scheduler, as kube-scheduler does it: the pod of the highest priority, then the
 * oldest; on a node where allocatable minus what is bound, assumed or nominated is enough; by what
 * its caches show, which are late. What finds no room is tried again when something has changed,
 * after a back-off of one second and up to ten, and in any case after five minutes.
 */
final class Scheduler {

  /** How nodes with room are compared. */
  enum Scoring {
    /** The fullest first: NodeResourcesFit with MostAllocated. */
    MOST_ALLOCATED,
    /** The emptiest first: the default. */
    LEAST_ALLOCATED
  }

  private static final long FIRST_BACKOFF_MILLIS = 1000;
  private static final long LONGEST_BACKOFF_MILLIS = 10_000;
  private static final long LEFT_OVER_MILLIS = 300_000;
  private static final Comparator<Proxy> FIRST =
      Comparator.<Proxy>comparingInt(proxy -> -proxy.priority)
          .thenComparingLong(proxy -> proxy.createdAt)
          .thenComparing(Proxy::uid);

  private final Agenda agenda;
  private final Network network;
  private final Scoring scoring;
  private final BiConsumer<Proxy, VirtualNode> bound;
  private final PriorityQueue<Proxy> active = new PriorityQueue<>(FIRST);
  private final Set<Proxy> parked = new LinkedHashSet<>();
  private final Set<Proxy> nominated = new LinkedHashSet<>();
  private @Nullable Primary primary;
  private boolean busy;

  /**
   * A scheduler.
   *
   * @param bound told of each pod that is bound
   */
  Scheduler(Agenda agenda, Network network, Scoring scoring, BiConsumer<Proxy, VirtualNode> bound) {
    this.agenda = agenda;
    this.network = network;
    this.scoring = scoring;
    this.bound = bound;
  }

  void primary(Primary store) {
    primary = store;
  }

  void added(Proxy proxy) {
    agenda.in(network.delay(), () -> activate(proxy));
  }

  /** Late, but in order. */
  void nodeChanged(VirtualNode node, Size allocatable) {
    long at = Math.max(node.seenAt, agenda.now() + network.delay());
    node.seenAt = at;
    agenda.at(
        at,
        () -> {
          boolean less = allocatable.isWithin(node.seen);
          node.seen = allocatable;
          if (!less) {
            retryParked();
          }
        });
  }

  void freed(Proxy proxy) {
    active.remove(proxy);
    parked.remove(proxy);
    nominated.remove(proxy);
    agenda.in(network.delay(), () -> uncount(proxy));
  }

  /** The pod is meant for that node, or for none. */
  void nominate(Proxy proxy, @Nullable VirtualNode node) {
    if (proxy.node == null && !proxy.gone) {
      proxy.nominated = node;
      if (node == null) {
        nominated.remove(proxy);
      } else {
        nominated.add(proxy);
      }
      retryParked();
    }
  }

  /** Pods of others take room of a node that is real, or give it back. */
  void foreign(VirtualNode node, Size more) {
    node.used = node.used.plus(more);
    if (more.cpu() < 0) {
      retryParked();
    }
  }

  private void uncount(Proxy proxy) {
    if (proxy.assumed) {
      proxy.assumed = false;
      var node = requireNonNull(proxy.assumedOn);
      node.used = node.used.minus(proxy.request);
      retryParked();
    }
  }

  private void activate(Proxy proxy) {
    if (!proxy.gone && proxy.node == null) {
      active.add(proxy);
      soon();
    }
  }

  private void retryParked() {
    for (var proxy : List.copyOf(parked)) {
      parked.remove(proxy);
      agenda.at(proxy.backoffUntil, () -> activate(proxy));
    }
  }

  private void soon() {
    if (!busy) {
      busy = true;
      agenda.in(1, this::scheduleOne);
    }
  }

  private void scheduleOne() {
    busy = false;
    var proxy = active.poll();
    if (proxy == null) {
      return;
    }
    soon();
    if (proxy.gone || proxy.deleting || proxy.assumed) {
      return;
    }
    var node = choose(proxy);
    if (node == null) {
      park(proxy);
    } else {
      assume(proxy, node);
    }
  }

  private @Nullable VirtualNode choose(Proxy proxy) {
    VirtualNode best = null;
    for (var node : requireNonNull(primary).nodes.values()) {
      if (proxy.request.fitsInto(room(node, proxy))
          && (best == null || isBetter(node, best, proxy))) {
        best = node;
      }
    }
    return best;
  }

  private boolean isBetter(VirtualNode node, VirtualNode best, Proxy proxy) {
    if (node == proxy.nominated || best == proxy.nominated) {
      return node == proxy.nominated; // tried before all others
    }
    return scoring == Scoring.MOST_ALLOCATED
        ? share(node) > share(best)
        : share(node) < share(best);
  }

  private static double share(VirtualNode node) {
    return node.seen.cpu() == 0 ? 1 : (double) node.used.cpu() / node.seen.cpu();
  }

  private Size room(VirtualNode node, Proxy proxy) {
    var room = node.seen.minus(node.used);
    for (var other : nominated) {
      if (other != proxy && other.nominated == node && other.priority >= proxy.priority) {
        room = room.minus(other.request);
      }
    }
    return room;
  }

  private void assume(Proxy proxy, VirtualNode node) {
    nominated.remove(proxy);
    proxy.assumed = true;
    proxy.assumedOn = node;
    node.used = node.used.plus(proxy.request);
    agenda.in(
        network.delay() / 4 + 1,
        () -> {
          if (requireNonNull(primary).bind(proxy, node)) {
            bound.accept(proxy, node);
          } else {
            uncount(proxy);
          }
        });
  }

  private void park(Proxy proxy) {
    if (proxy.unschedulableSince < 0) {
      proxy.unschedulableSince = agenda.now();
    }
    proxy.nominated = null; // as kube-scheduler does with whatever it finds no room for
    nominated.remove(proxy);
    long backoff = FIRST_BACKOFF_MILLIS << Math.min(proxy.attempts++, 4);
    proxy.backoffUntil = agenda.now() + Math.min(backoff, LONGEST_BACKOFF_MILLIS);
    parked.add(proxy);
    int attempts = proxy.attempts;
    agenda.in(
        LEFT_OVER_MILLIS,
        () -> {
          if (proxy.attempts == attempts && parked.remove(proxy)) {
            activate(proxy);
          }
        });
  }
}
