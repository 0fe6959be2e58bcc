package io.virtualnode.simulation;

import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What may go wrong or change at any time. */
final class Trouble {

  private static final int MOST_MILLIS = 4000;
  private static final int GRACE_MILLIS = 1500;

  private final History history;
  private final RandomGenerator random;

  Trouble(History history) {
    this.history = history;
    this.random = history.random;
  }

  void happen() {
    var cluster = Plan.any(history.clusters.values().toArray(Cluster[]::new), random);
    switch (random.nextInt(16)) {
      case 0 -> cordon(cluster);
      case 1 -> lose(cluster);
      case 2 -> resize(cluster);
      case 3 -> replace(cluster);
      case 4, 5 -> partition(cluster);
      case 6, 7 -> cut(cluster);
      case 8 -> history.crash();
      case 9 -> retire(cluster);
      case 10, 11 -> deleteProxy(false);
      case 12 -> deleteProxy(true);
      case 13 -> deleteDelegate(cluster);
      case 14 -> grow(cluster);
      default -> history.addLocal();
    }
  }

  private @Nullable Machine machine(Cluster cluster) {
    return any(List.copyOf(cluster.machines.values()));
  }

  private <T> @Nullable T any(List<T> list) {
    return list.isEmpty() ? null : list.get(random.nextInt(list.size()));
  }

  private void later(Runnable what) {
    history.agenda.in(random.nextInt(MOST_MILLIS) + 1, what);
  }

  private void cordon(Cluster cluster) {
    var machine = machine(cluster);
    if (machine != null) {
      machine.cordoned = true;
      cluster.changed(machine);
      later(
          () -> {
            machine.cordoned = false;
            ifThere(cluster, machine);
          });
    }
  }

  private void lose(Cluster cluster) {
    var machine = machine(cluster);
    if (machine != null) {
      machine.lost = true;
      cluster.changed(machine);
      later(
          () -> {
            machine.lost = false;
            ifThere(cluster, machine);
          });
    }
  }

  private static void ifThere(Cluster cluster, Machine machine) {
    if (machine.exists) {
      cluster.changed(machine);
    }
  }

  private void resize(Cluster cluster) {
    var machine = machine(cluster);
    if (machine != null) {
      int cores = 1 + random.nextInt(history.plan.coresEach());
      machine.allocatable.set(Size.node(cores), history.agenda.now());
      cluster.changed(machine);
    }
  }

  /** A node goes for good; another comes, perhaps under its name. */
  private void replace(Cluster cluster) {
    var machine = machine(cluster);
    if (machine != null) {
      cluster.removeMachine(machine);
      var name = random.nextBoolean() ? machine.key.node() : "x" + random.nextInt(100);
      var size = machine.allocatable.get();
      later(
          () -> {
            if (!cluster.machines.containsKey(name)) {
              cluster.addMachine(name, size);
            }
          });
    }
  }

  private void partition(Cluster cluster) {
    if (cluster.reachable.get()) {
      history.reach(cluster, false);
      later(
          () -> {
            if (!cluster.reachable.get()) {
              history.reach(cluster, true);
            }
          });
    }
  }

  private void cut(Cluster cluster) {
    var shell = history.shell();
    var link = shell == null ? null : shell.links.get(cluster.name);
    if (link != null) {
      link.cut();
    }
  }

  private void retire(Cluster cluster) {
    if (history.configured.contains(cluster.name)) {
      history.configure(cluster, false);
      later(
          () -> {
            if (!history.configured.contains(cluster.name)) {
              history.configure(cluster, true);
            }
          });
    }
  }

  private void deleteProxy(boolean byForce) {
    var proxy = any(List.copyOf(history.primary.proxies.values()));
    if (proxy == null || proxy.uid().startsWith("wide")) {
      return;
    }
    if (byForce) {
      history.primary.remove(proxy);
    } else {
      history.primary.delete(proxy);
    }
  }

  private void deleteDelegate(Cluster cluster) {
    var run = any(List.copyOf(cluster.delegates.values()));
    if (run != null) {
      cluster.delete(run, GRACE_MILLIS);
    }
  }

  private void grow(Cluster cluster) {
    var run = any(cluster.pods.values().stream().filter(r -> r.proxyUid == null).toList());
    if (run != null) {
      cluster.resize(run, Size.pod(1 + random.nextInt(4)));
    }
  }
}
