package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One random history: a time of trouble, then calm until all has ended that can. Every step is held
 * against the {@link Oracle}; at the end nothing that fits may be left, and the account must equal
 * the world.
 */
final class History {

  private static final int PATIENCE_MILLIS = 40 * 60_000;
  // Among an endless supply a wide pod's slot is to be collected and offered, not merely given up
  // and won by chance much later, which is what the shorter patience tells apart.
  private static final int SUPPLIED_PATIENCE_MILLIS = 3 * 60_000;
  private static final int SETTLING_SECONDS = 60;
  private static final int SECOND_MILLIS = 1000;
  private static final int TROUBLE_MILLIS = 5000; // by which all trouble is over
  private static final int LOOK_MILLIS = 100;
  private static final int SUPPLY_MILLIS = 200;
  private static final int DOWN_MILLIS = 2000;
  private static final int RETRY_MILLIS = 1100; // a request that is lost, and the next
  private static final int RETRIES = 6;

  final Agenda agenda = new Agenda();
  final RandomGenerator random;
  final Plan plan;
  final Network network;
  final Map<String, Cluster> clusters = new TreeMap<>();
  final Set<String> configured = new HashSet<>();
  final Primary primary;
  final Site site;
  final Map<String, Run> runs = new HashMap<>(); // by proxy
  private final Oracle oracle;
  private @Nullable Shell shell;
  private boolean calm;
  private int lastUid;

  History(long seed) {
    this.random = new SplittableRandom(seed);
    this.plan = Plan.of(random);
    this.network = new Network(agenda, random, plan.lagMillis(), plan.faultsPerThousand());
    var scheduler = new Scheduler(agenda, network, plan.scoring(), (proxy, node) -> {});
    this.primary = new Primary(agenda, scheduler);
    this.site =
        new Site(
            agenda,
            random,
            network,
            primary,
            clusters,
            configured,
            plan.topology(),
            Plan.MAX_AGE_MILLIS,
            run -> runs.put(requireNonNull(run.proxyUid), run));
    int write = plan.lagMillis() * 3 + (plan.faultsPerThousand() > 0 ? RETRIES * RETRY_MILLIS : 20);
    this.oracle = new Oracle(site, runs, write);
    for (int m = 0; m < plan.members(); m++) {
      var cluster = new Cluster("m" + m, agenda, random);
      clusters.put(cluster.name, cluster);
      configured.add(cluster.name);
      for (int n = 0; n < plan.nodesEach(); n++) {
        int cores = n == 0 ? plan.coresEach() : 1 + random.nextInt(plan.coresEach());
        cluster.addMachine("n" + n, Size.node(cores));
      }
    }
  }

  /** Lets it happen. Throws an AssertionError that says what was wrong, and when. */
  void run() {
    try {
      startProcess();
      for (int p = 0; p < plan.pods(); p++) {
        boolean wide = p < plan.widePods();
        agenda.in(random.nextInt(plan.durationMillis()), () -> submit(wide));
      }
      for (int p = 0; p < plan.localPods(); p++) {
        agenda.in(random.nextInt(plan.durationMillis()), this::addLocal);
      }
      var trouble = new Trouble(this);
      for (int d = 0; d < plan.disturbances(); d++) {
        agenda.in(random.nextInt(plan.durationMillis()), trouble::happen);
      }
      if (plan.supply()) {
        supply();
      }
      while (agenda.now() < plan.durationMillis()) {
        step();
      }
      calmDown();
      for (long until = agenda.now() + TROUBLE_MILLIS; agenda.now() < until; ) {
        step();
      }
      calmDown();
      int patience = plan.supply() ? SUPPLIED_PATIENCE_MILLIS : PATIENCE_MILLIS;
      long deadline = agenda.now() + patience;
      while (!isOver()) {
        if (agenda.now() >= deadline) {
          throw new AssertionError("not over: %s".formatted(new Ending(this).unfinished()));
        }
        for (long until = agenda.now() + LOOK_MILLIS; agenda.now() < until; ) {
          step();
        }
      }
      calmDown();
      settle();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "at %d ms of %s: %s".formatted(agenda.now(), plan, e.getMessage()), e);
    }
  }

  /** The account comes to equal the world, and soon. */
  private void settle() {
    for (int second = 1; ; second++) {
      for (long until = agenda.now() + SECOND_MILLIS; agenda.now() < until; ) {
        step();
      }
      var difference = new Ending(this).difference(requireNonNull(shell));
      if (difference.isEmpty()) {
        return;
      }
      if (second >= SETTLING_SECONDS) {
        throw new AssertionError(difference);
      }
    }
  }

  long checks() {
    return oracle.checks;
  }

  private void step() {
    agenda.step();
    if (shell != null) {
      oracle.check(shell);
    }
  }

  // --- what happens

  private void submit(boolean wide) {
    int cores = wide ? plan.coresEach() : 1 + random.nextInt(random.nextInt(4) == 0 ? 12 : 2);
    int duration = random.nextInt(8) == 0 ? random.nextInt(20_000) : random.nextInt(2000);
    int priority = wide ? plan.widePriority() : 0;
    create(Size.pod(cores), priority, duration, wide);
  }

  private void create(Size request, int priority, int duration, boolean wide) {
    var uid = (wide ? "wide" : "pod") + ++lastUid;
    primary.create(new Proxy(uid, request, priority, agenda.now(), duration + 1));
  }

  /** As many small pods as can be, for as long as a wide one is not done. */
  private void supply() {
    if (!calm || new Ending(this).unfinished().stream().anyMatch(pod -> pod.startsWith("wide"))) {
      long unbound = primary.proxies.values().stream().filter(p -> p.node == null).count();
      for (long missing = 4 - unbound; missing > 0; missing--) {
        create(Size.pod(1), 0, 500 + random.nextInt(3000), false);
      }
      agenda.in(SUPPLY_MILLIS, this::supply);
    }
  }

  /** Others' pods, some of them bound past the scheduler. */
  void addLocal() {
    var cluster = Plan.any(clusters.values().toArray(Cluster[]::new), random);
    var request = Size.pod(1 + random.nextInt(4));
    var run = cluster.create(null, request, null, false, 1 + random.nextInt(6000));
    if (random.nextInt(3) == 0) {
      cluster.machines.values().stream()
          .filter(machine -> machine.takes(request))
          .findAny()
          .ifPresent(machine -> cluster.bind(run, machine));
    }
  }

  void crash() {
    if (shell != null) {
      shell.crash();
      shell = null;
      agenda.in(random.nextInt(DOWN_MILLIS) + 1, this::startProcess);
    }
  }

  private void startProcess() {
    if (shell != null) {
      return;
    }
    var started = new Shell(site, plan.strategy());
    shell = started;
    var weights = new HashMap<String, Integer>();
    clusters.keySet().forEach(name -> weights.put(name, name.hashCode() % 3));
    started.account.setWeights(weights);
    started.start();
    if (plan.widePods() > 0) {
      new Collection(started, plan.coresEach(), plan.collectAfterMillis(), 1).tick();
    }
  }

  @Nullable Shell shell() {
    return shell;
  }

  void configure(Cluster cluster, boolean is) {
    cluster.inForce.set(is, agenda.now());
    if (is) {
      configured.add(cluster.name);
    } else {
      configured.remove(cluster.name);
    }
    if (shell != null) {
      shell.configure();
    }
  }

  void reach(Cluster cluster, boolean is) {
    cluster.reachable.set(is, agenda.now());
    var link = shell == null ? null : shell.links.get(cluster.name);
    if (link != null && (is || random.nextBoolean())) {
      link.cut(); // at once, or as soon as the other end is there again
    }
  }

  // --- the end

  private void calmDown() {
    calm = true;
    network.calm();
    for (var cluster : clusters.values()) {
      if (!cluster.reachable.get()) {
        reach(cluster, true);
      }
      if (!configured.contains(cluster.name)) {
        configure(cluster, true);
      }
      for (var machine : cluster.machines.values()) {
        machine.cordoned = false;
        machine.lost = false;
        if (!machine.full.isWithin(machine.allocatable.get()) && isTooSmall(cluster)) {
          machine.allocatable.set(machine.full, agenda.now());
        }
        cluster.changed(machine);
      }
    }
  }

  /** A delegate that its member can never run again would keep its slot for ever. */
  private static boolean isTooSmall(Cluster cluster) {
    return cluster.delegates.values().stream()
        .anyMatch(run -> run.isLive() && run.machine == null && !Ending.fits(run));
  }

  private boolean isOver() {
    return shell != null && new Ending(this).unfinished().isEmpty();
  }
}
