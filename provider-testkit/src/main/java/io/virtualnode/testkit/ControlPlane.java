package io.virtualnode.testkit;

import io.virtualnode.testkit.TestkitException.Reason;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The processes of one cluster. All listen on loopback only. Methods are called by one thread at a
 * time ({@link LocalCluster} holds a lock) but for those that say otherwise.
 */
final class ControlPlane {

  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);
  private static final Duration STOP_GRACE = Duration.ofSeconds(10);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

  private final ClusterSpec spec;
  private final KubeBinaries binaries;
  private final ClusterFiles files;
  private final Ports ports;
  private final HealthProbe probe = new HealthProbe();
  private final Map<KubeTool, GuardedProcess> processes =
      Collections.synchronizedMap(new EnumMap<>(KubeTool.class));

  /** Ports that the cluster keeps as long as it lives. */
  record Ports(
      PortLease etcd,
      PortLease etcdPeer,
      PortLease apiServer,
      PortLease scheduler,
      PortLease kubelet) {

    static Ports acquire() {
      List<PortLease> leases = new ArrayList<>();
      try {
        while (leases.size() < 5) {
          leases.add(PortLease.acquire());
        }
        return new Ports(leases.get(0), leases.get(1), leases.get(2), leases.get(3), leases.get(4));
      } catch (RuntimeException | Error e) {
        Attempts.undo(e, () -> close(leases));
        throw e;
      }
    }

    void release() {
      close(List.of(etcd, etcdPeer, apiServer, scheduler, kubelet));
    }

    private static void close(List<PortLease> leases) {
      Attempts.all(leases.stream().map(lease -> (Runnable) lease::close).toList());
    }
  }

  ControlPlane(ClusterSpec spec, KubeBinaries binaries, ClusterFiles files, Ports ports) {
    this.spec = spec;
    this.binaries = binaries;
    this.files = files;
    this.ports = ports;
  }

  void startEtcd() {
    String url = "http://127.0.0.1:" + ports.etcd().port();
    String peer = "http://127.0.0.1:" + ports.etcdPeer().port();
    launch(
        KubeTool.ETCD,
        List.of(
            "--data-dir=" + files.path("etcd"),
            "--listen-client-urls=" + url,
            "--advertise-client-urls=" + url,
            "--listen-peer-urls=" + peer,
            "--initial-advertise-peer-urls=" + peer,
            "--initial-cluster=default=" + peer,
            "--unsafe-no-fsync",
            "--log-level=warn"));
    awaitHealthy(KubeTool.ETCD, () -> probe.answersOk(URI.create(url + "/health")));
  }

  void startApiServer() {
    List<String> flags = new ArrayList<>();
    flags.add("--etcd-servers=http://127.0.0.1:" + ports.etcd().port());
    flags.add("--secure-port=" + ports.apiServer().port());
    flags.add("--bind-address=127.0.0.1");
    flags.add("--advertise-address=127.0.0.1");
    flags.add("--endpoint-reconciler-type=none");
    flags.add("--service-cluster-ip-range=10.0.0.0/24");
    flags.add("--client-ca-file=" + files.path("ca.crt"));
    flags.add("--tls-cert-file=" + files.path("apiserver.crt"));
    flags.add("--tls-private-key-file=" + files.path("apiserver.key"));
    flags.add("--service-account-issuer=https://kubernetes.default.svc.cluster.local");
    flags.add("--service-account-key-file=" + files.path("service-account.pub"));
    flags.add("--service-account-signing-key-file=" + files.path("service-account.key"));
    flags.add("--authorization-mode=Node,RBAC");
    flags.add("--enable-admission-plugins=NodeRestriction");
    flags.add("--allow-privileged=true");
    flags.add("--kubelet-client-certificate=" + files.path("kubelet-client.crt"));
    flags.add("--kubelet-client-key=" + files.path("kubelet-client.key"));
    flags.add("--kubelet-preferred-address-types=InternalIP");
    // Without it, a SIGTERM waits up to a minute for clients to end their watches.
    flags.add("--shutdown-send-retry-after=true");
    flags.addAll(spec.apiServerFlags());
    launch(KubeTool.KUBE_APISERVER, flags);
    // Whoever is asked has no credentials: /readyz is open to everybody.
    URI ready = URI.create("https://127.0.0.1:" + ports.apiServer().port() + "/readyz");
    awaitHealthy(KubeTool.KUBE_APISERVER, () -> probe.answersOk(ready));
  }

  void startControllers() {
    List<String> manager = new ArrayList<>();
    manager.add("--kubeconfig=" + files.kubeconfig("system:kube-controller-manager", List.of()));
    manager.add("--use-service-account-credentials");
    manager.add("--root-ca-file=" + files.path("ca.crt"));
    manager.add("--service-account-private-key-file=" + files.path("service-account.key"));
    manager.add("--cluster-signing-cert-file=" + files.path("ca.crt"));
    manager.add("--cluster-signing-key-file=" + files.path("ca.key"));
    manager.add("--leader-elect=false");
    manager.add("--secure-port=0");
    manager.add("--kube-api-qps=500");
    manager.add("--kube-api-burst=1000");
    manager.addAll(spec.controllerManagerFlags());
    launch(KubeTool.KUBE_CONTROLLER_MANAGER, manager);
    if (spec.scheduler()) {
      startScheduler();
    }
  }

  private void startScheduler() {
    Path kubeconfig = files.kubeconfig("system:kube-scheduler", List.of());
    List<String> flags = new ArrayList<>();
    // With a configuration, kube-scheduler ignores the flags that it replaces.
    flags.addAll(
        spec.schedulerConfiguration()
            .map(fields -> List.of("--config=" + files.schedulerConfiguration(kubeconfig, fields)))
            .orElse(
                List.of(
                    "--kubeconfig=" + kubeconfig, "--kube-api-qps=1000", "--kube-api-burst=2000")));
    flags.add("--leader-elect=false");
    flags.add("--secure-port=" + ports.scheduler().port());
    flags.add("--bind-address=127.0.0.1");
    flags.add("--tls-cert-file=" + files.path("scheduler.crt"));
    flags.add("--tls-private-key-file=" + files.path("scheduler.key"));
    // Administrators only, by their certificates: it asks the API server about nobody.
    flags.add("--client-ca-file=" + files.path("ca.crt"));
    flags.addAll(spec.schedulerFlags());
    launch(KubeTool.KUBE_SCHEDULER, flags);
  }

  /** Waits until the scheduler has read the cluster. */
  void awaitScheduler() {
    URI ready = URI.create("https://127.0.0.1:" + ports.scheduler().port() + "/readyz");
    awaitHealthy(KubeTool.KUBE_SCHEDULER, () -> probe.answersOk(ready));
  }

  /** What the scheduler writes into its log of the nodes in its cache, when it is asked to. */
  String schedulerCache() {
    GuardedProcess scheduler = process(KubeTool.KUBE_SCHEDULER);
    long before = scheduler.logLength();
    scheduler.signal("USR2");
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (System.nanoTime() < deadline && !scheduler.awaitExit(POLL_INTERVAL)) {
      String log = scheduler.logFrom(before);
      int begin = log.indexOf("Node name: ");
      int end = log.indexOf("Dump of scheduling queue");
      if (end >= 0) {
        return begin < 0 || begin > end ? "" : log.substring(begin, log.lastIndexOf('\n', end));
      }
    }
    throw new TestkitException(
        Reason.TIMED_OUT,
        scheduler.name() + " does not write its cache into its log:\n" + scheduler.logTail());
  }

  /** Starts the kubelets of simulated nodes, once. */
  void startKubelets() {
    if (processes.containsKey(KubeTool.KWOK)) {
      return;
    }
    launch(
        KubeTool.KWOK,
        List.of(
            "--kubeconfig=" + files.kubeconfig("kwok", List.of("system:masters")),
            "--config=" + files.path("stages.yaml"),
            "--manage-all-nodes=false",
            "--manage-nodes-with-annotation-selector=" + SimulatedNodes.FAKE_NODE + "=fake",
            "--cidr=10.64.0.0/12",
            "--node-ip=127.0.0.1",
            "--node-port=" + ports.kubelet().port(),
            // Without it kwok listens on every interface.
            "--server-address=127.0.0.1:" + ports.kubelet().port(),
            "--tls-cert-file=" + files.path("simulated-kubelet.crt"),
            "--tls-private-key-file=" + files.path("simulated-kubelet.key")));
  }

  GuardedProcess process(KubeTool tool) {
    GuardedProcess process = processes.get(tool);
    if (process == null) {
      throw new TestkitException(
          Reason.PROCESS_FAILED, tool.fileName() + " of " + spec.name() + " was not started");
    }
    return process;
  }

  /** All that was started and not ended by {@link #stopAll}; callable at any time. */
  List<GuardedProcess> processes() {
    synchronized (processes) {
      return List.copyOf(processes.values());
    }
  }

  void stopApiServer() {
    GuardedProcess apiServer = process(KubeTool.KUBE_APISERVER);
    apiServer.terminate();
    apiServer.awaitEndOrKill(STOP_GRACE);
  }

  /**
   * Ends all that hold or remember what is stored, works on etcd's files, and starts all again:
   * controllers, scheduler and kubelets too, for they would wait for a future that will not come.
   */
  void withDataAtRest(Consumer<Path> work) {
    boolean simulates = processes.containsKey(KubeTool.KWOK);
    stopAll();
    work.accept(files.path("etcd"));
    startEtcd();
    startApiServer();
    startControllers();
    if (spec.scheduler()) {
      awaitScheduler();
    }
    if (simulates) {
      startKubelets();
    }
  }

  /**
   * Ends everything. The API server is asked first and its clients next, so that it need not wait
   * for their watches; etcd ends after it, for without etcd it would hang. A thread that is
   * interrupted waits for none of them, but leaves none.
   */
  void stopAll() {
    GuardedProcess apiServer = processes.get(KubeTool.KUBE_APISERVER);
    GuardedProcess etcd = processes.get(KubeTool.ETCD);
    List<GuardedProcess> clients = new ArrayList<>(processes());
    clients.remove(apiServer);
    clients.remove(etcd);
    List<Runnable> steps = new ArrayList<>();
    if (apiServer != null) {
      steps.add(apiServer::terminate);
    }
    clients.forEach(process -> steps.add(process::terminate));
    clients.forEach(process -> steps.add(() -> process.awaitEndOrKill(STOP_GRACE)));
    if (apiServer != null) {
      steps.add(() -> apiServer.awaitEndOrKill(STOP_GRACE));
    }
    if (etcd != null) {
      steps.add(etcd::terminate);
      steps.add(() -> etcd.awaitEndOrKill(STOP_GRACE));
    }
    steps.add(processes::clear);
    Attempts.all(steps);
  }

  /** Ends everything at once. No order is needed where nobody is asked. Callable at any time. */
  void killAll() {
    Attempts.all(processes().stream().map(process -> (Runnable) process::kill).toList());
  }

  private void launch(KubeTool tool, List<String> flags) {
    List<String> command = new ArrayList<>();
    command.add(binaries.path(tool).toString());
    command.addAll(flags);
    Path log = files.path(tool.fileName() + ".log");
    GuardedProcess.Builder program =
        GuardedProcess.of(tool.fileName() + " of " + spec.name(), command);
    if (!spec.keepFiles()) {
      // All guards do it, each when its program has ended: so the last one finds nothing running.
      program.orphanedFolder(files.directory());
    }
    processes.put(tool, program.start(log));
  }

  private void awaitHealthy(KubeTool tool, BooleanSupplier healthy) {
    GuardedProcess process = process(tool);
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (!healthy.getAsBoolean()) {
      if (process.awaitExit(POLL_INTERVAL)) {
        throw new TestkitException(
            Reason.PROCESS_FAILED,
            process.name() + " ended during its start. Its log ends with:\n" + process.logTail());
      }
      if (System.nanoTime() > deadline) {
        throw new TestkitException(
            Reason.TIMED_OUT,
            process.name()
                + (" is not healthy after " + START_TIMEOUT + ". Its log ends with:\n")
                + process.logTail());
      }
    }
  }
}
