package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import io.virtualnode.kubernetes.capacity.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** One mix on one contender, on an undisturbed network; the same seed gives the same figures. */
final class MixRun {

  private static final int LAG_MILLIS = 20;
  private static final int COLLECT_AFTER_MILLIS = 10_000;
  private static final int AT_ONCE = 2;

  private final Agenda agenda = new Agenda();
  private final Mix mix;
  private final Contender contender;
  private final long untilMillis;
  private final Map<String, Cluster> clusters = new TreeMap<>();
  private final Map<String, Run> runs = new HashMap<>(); // by proxy
  private final Set<String> usedLocally = new HashSet<>(); // pods
  private final Primary primary;
  private final Site site;
  private int lastUid;

  /**
   * What came of it.
   *
   * @param busy the share of the cores that others leave which jobs used
   * @param coreSeconds that jobs used
   * @param waits of the wide jobs, in seconds, sorted; of one that never ran, until the end
   */
  record Outcome(double busy, long coreSeconds, List<Double> waits) {
    double meanWait() {
      return waits.stream().mapToDouble(wait -> wait).average().orElse(0);
    }

    double wait95() {
      return waits.isEmpty() ? 0 : waits.get((int) (waits.size() * 0.95));
    }
  }

  MixRun(Mix mix, Contender contender, long seed, long untilMillis) {
    this.mix = mix;
    this.contender = contender;
    this.untilMillis = untilMillis;
    var random = new SplittableRandom(seed);
    var network = new Network(agenda, random, LAG_MILLIS, 0);
    boolean isReal = contender.strategy == null;
    var scheduler =
        new Scheduler(
            agenda,
            network,
            contender.scoring,
            (proxy, node) -> startDirectly(isReal, proxy, node));
    primary = new Primary(agenda, scheduler);
    for (int m = 0; m < mix.members(); m++) {
      clusters.put("m" + m, new Cluster("m" + m, agenda, random));
    }
    for (int n = 0; n < Mix.NODES; n++) {
      cluster(n).addMachine("n%02d".formatted(n), Size.node(Mix.CORES));
    }
    site =
        new Site(
            agenda,
            random,
            network,
            primary,
            clusters,
            Set.copyOf(clusters.keySet()),
            contender.topology,
            Plan.MAX_AGE_MILLIS,
            run -> runs.put(requireNonNull(run.proxyUid), run));
  }

  private Cluster cluster(int number) {
    return requireNonNull(clusters.get("m" + number % mix.members()));
  }

  Outcome run(long seed) {
    start();
    for (var job : mix.jobs(seed, untilMillis)) {
      agenda.at(
          job.at(),
          () ->
              primary.create(
                  new Proxy(
                      "job" + ++lastUid,
                      Size.pod(job.cores()),
                      0,
                      agenda.now(),
                      job.durationMillis())));
    }
    long localMillis = 0;
    int number = 0;
    for (var pod : mix.localPods(seed, untilMillis)) {
      var cluster = cluster(number++);
      localMillis += pod.cores() * Math.min(pod.durationMillis(), untilMillis - pod.at());
      agenda.at(
          pod.at(),
          () -> cluster.create(null, Size.pod(pod.cores()), null, false, pod.durationMillis()));
    }
    while (agenda.now() < untilMillis && agenda.step()) {}
    return outcome(localMillis);
  }

  private void start() {
    var strategy = contender.strategy;
    if (strategy == null) {
      for (var cluster : clusters.values()) {
        cluster.watcher = new DirectWatcher();
        for (var machine : cluster.machines.values()) {
          primary.report(primary.node(new Scope.OfNode(machine.key)), machine.allocatable.get());
        }
      }
      return;
    }
    var shell = new Shell(site, strategy);
    var weights = new HashMap<String, Integer>();
    clusters.keySet().forEach(name -> weights.put(name, weights.size()));
    shell.account.setWeights(weights);
    shell.start();
    new Collection(shell, Mix.WIDEST, COLLECT_AFTER_MILLIS, AT_ONCE).tick();
  }

  private Outcome outcome(long localMillis) {
    long coreMillis = 0;
    var waits = new ArrayList<Double>();
    for (var proxy : primary.every.values()) {
      var run = runs.get(proxy.uid());
      boolean ran = run != null && run.boundAt != Run.NEVER;
      long boundAt = run == null || !ran ? untilMillis : run.boundAt;
      long endedAt = run == null || !ran ? untilMillis : Math.min(run.endedAt, untilMillis);
      coreMillis += proxy.request.cores() * (endedAt - boundAt);
      if (proxy.request.cores() >= Mix.WIDEST) {
        waits.add((boundAt - proxy.createdAt) / 1000.0);
      }
    }
    waits.sort(null);
    double all = (double) Mix.NODES * Mix.CORES * untilMillis - localMillis;
    return new Outcome(coreMillis / all, coreMillis / 1000, waits);
  }

  // --- one real cluster

  private void startDirectly(boolean isReal, Proxy proxy, VirtualNode node) {
    if (isReal && node.scope instanceof Scope.OfNode one) {
      var cluster = requireNonNull(clusters.get(one.node().member()));
      var run =
          cluster.create(proxy.uid(), proxy.request, one.node().node(), true, proxy.durationMillis);
      site.created(run);
    }
  }

  /** Others' pods take room, and jobs end, in the scheduler's own cluster. */
  private final class DirectWatcher implements Cluster.Watcher {

    @Override
    public void changed(Machine machine) {
      // nodes do not change here
    }

    @Override
    public void gone(Machine machine) {
      // nodes do not change here
    }

    @Override
    public void changed(Run run) {
      if (run.proxyUid != null) {
        if (!run.isLive()) {
          primary.terminate(site.proxy(run.proxyUid));
        }
      } else if (run.machine != null) {
        var node = primary.node(new Scope.OfNode(run.machine.key));
        var request = run.request.get();
        if (run.isLive() && usedLocally.add(run.uid)) {
          primary.scheduler.foreign(node, request);
        } else if (!run.isLive() && usedLocally.remove(run.uid)) {
          primary.scheduler.foreign(node, Size.NONE.minus(request));
        }
      }
    }

    @Override
    public void gone(Run run) {
      // its end was told before
    }
  }
}
