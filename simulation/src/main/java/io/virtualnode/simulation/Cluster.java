package io.virtualnode.simulation;

import io.virtualnode.kubernetes.capacity.NodeKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A member as it really is: nodes, pods, a scheduler that sees all at once, and kubelets. */
final class Cluster {

  private static final int SCHEDULING_MILLIS = 20;
  private static final int STARTING_MILLIS = 200;
  private static final int CLEANING_MILLIS = 400;
  private static final int LOOK_AGAIN_MILLIS = 300;

  /** Who is told of every change at once. */
  interface Watcher {
    void changed(Machine machine);

    void gone(Machine machine);

    void changed(Run run);

    void gone(Run run);
  }

  final String name;
  final Map<String, Machine> machines = new TreeMap<>();
  final List<Machine> everyMachine = new ArrayList<>(); // also those that are gone
  final Map<String, Run> pods = new LinkedHashMap<>(); // that the API has
  final Set<Run> departed = new HashSet<>(); // that took room until lately
  final Recent<Boolean> inForce = new Recent<>(true); // it is configured
  final Recent<Boolean> reachable = new Recent<>(true);
  final Map<String, Run> delegates = new LinkedHashMap<>(); // by proxy
  final Set<String> tombstones = new HashSet<>(); // of proxies
  @Nullable Watcher watcher;
  private final Map<String, Run> pending = new LinkedHashMap<>();
  private final Agenda agenda;
  private final RandomGenerator random;
  private boolean scheduling;
  private int lastUid;

  Cluster(String name, Agenda agenda, RandomGenerator random) {
    this.name = name;
    this.agenda = agenda;
    this.random = random;
  }

  // --- nodes

  void addMachine(String node, Size allocatable) {
    var machine = new Machine(new NodeKey(name, node), allocatable, agenda.now());
    machines.put(node, machine);
    everyMachine.add(machine);
    changed(machine);
  }

  void changed(Machine machine) {
    machine.judge(agenda.now());
    if (watcher != null) {
      watcher.changed(machine);
    }
    scheduleSoon();
  }

  /** The node goes; what was on it is removed a little later, its end unknown. */
  void removeMachine(Machine machine) {
    machine.exists = false;
    machine.judge(agenda.now());
    machines.remove(machine.key.node());
    if (watcher != null) {
      watcher.gone(machine);
    }
    for (var run : List.copyOf(machine.runs)) {
      agenda.in(random.nextInt(CLEANING_MILLIS) + 1, () -> vanish(run));
    }
  }

  // --- pods

  /** A pod comes; returns it. */
  Run create(
      @Nullable String proxyUid,
      Size request,
      @Nullable String wanted,
      boolean required,
      long durationMillis) {
    var uid = name + "-" + ++lastUid;
    var run = new Run(uid, this, proxyUid, request, wanted, required, durationMillis);
    pods.put(uid, run);
    if (proxyUid != null) {
      delegates.put(proxyUid, run);
    }
    pending.put(uid, run);
    tell(run);
    scheduleSoon();
    return run;
  }

  /** Local load that grows or shrinks in place, as far as its node has room. */
  void resize(Run run, Size request) {
    var machine = run.machine;
    if (machine == null || !run.isLive()) {
      return;
    }
    var room = machine.allocatable.get().minus(machine.used).plus(run.request.get());
    if (request.fitsInto(room)) {
      machine.used = machine.used.minus(run.request.get()).plus(request);
      run.request.set(request, agenda.now());
      tell(run);
      scheduleSoon();
    }
  }

  /** Deletes a pod: it ends within the grace period, and then goes. */
  void delete(Run run, int graceMillis) {
    if (run.deleting || !pods.containsKey(run.uid)) {
      return;
    }
    run.deleting = true;
    if (run.machine == null || !run.isLive()) {
      vanish(run);
    } else {
      agenda.in(random.nextInt(graceMillis) + 1, () -> terminate(run));
    }
  }

  private void terminate(Run run) {
    if (isOutOfTouch(run)) {
      agenda.in(LOOK_AGAIN_MILLIS, () -> terminate(run));
      return;
    }
    end(run);
    vanish(run);
  }

  private static boolean isOutOfTouch(Run run) {
    return run.machine != null && run.machine.lost && run.machine.exists;
  }

  /** The pod goes from the API, whatever became of it. */
  void vanish(Run run) {
    if (pods.remove(run.uid) == null) {
      return;
    }
    free(run);
    pending.remove(run.uid);
    if (run.proxyUid != null) {
      delegates.remove(run.proxyUid, run);
    }
    if (watcher != null) {
      watcher.gone(run);
    }
    scheduleSoon();
  }

  private void end(Run run) {
    if (!run.isLive()) {
      return;
    }
    free(run);
    tell(run);
    if (run.proxyUid == null) {
      agenda.in(random.nextInt(CLEANING_MILLIS) + 1, () -> vanish(run));
    }
    scheduleSoon();
  }

  private void free(Run run) {
    if (run.isLive()) {
      run.endedAt = agenda.now();
      if (run.machine != null) {
        run.machine.remove(run);
        departed.add(run);
        departed.removeIf(old -> old.endedAt < agenda.now() - Recent.HORIZON_MILLIS);
      }
    }
  }

  private void tell(Run run) {
    if (watcher != null) {
      watcher.changed(run);
    }
  }

  // --- the scheduler and the kubelets

  private void scheduleSoon() {
    if (!scheduling && !pending.isEmpty()) {
      scheduling = true;
      agenda.in(random.nextInt(SCHEDULING_MILLIS) + 1, this::schedule);
    }
  }

  private void schedule() {
    scheduling = false;
    for (var run : List.copyOf(pending.values())) {
      var machine = choose(run);
      if (machine != null) {
        bind(run, machine);
      }
    }
  }

  private @Nullable Machine choose(Run run) {
    var wanted = run.wanted == null ? null : machines.get(run.wanted);
    if (wanted != null && wanted.takes(run.request.get())) {
      return wanted;
    }
    if (run.required) {
      return null;
    }
    return machines.values().stream()
        .filter(machine -> machine.takes(run.request.get()))
        .findFirst()
        .orElse(null);
  }

  /** Binds a pod, as the scheduler does or whoever sets {@code spec.nodeName} himself. */
  void bind(Run run, Machine machine) {
    pending.remove(run.uid);
    run.machine = machine;
    run.boundAt = agenda.now();
    machine.add(run);
    tell(run);
    if (run.durationMillis != Run.NEVER) {
      long until = random.nextInt(STARTING_MILLIS) + 1 + run.durationMillis;
      agenda.in(until, () -> finish(run));
    }
  }

  private void finish(Run run) {
    if (!run.isLive() || run.deleting) {
      return;
    }
    if (isOutOfTouch(run)) {
      agenda.in(LOOK_AGAIN_MILLIS, () -> finish(run));
    } else {
      end(run);
    }
  }
}
