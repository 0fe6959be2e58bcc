package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Kubernetes cluster in processes of this machine: etcd, API server, controller manager,
 * scheduler, and simulated nodes whose pods behave as their annotations ask ({@link Simulation}).
 * Everything listens on loopback only. Nothing outlives {@link #close}, nor the JVM, however that
 * ends.
 *
 * <p>Instances may be used by several threads; what starts or stops processes runs one at a time.
 */
public final class LocalCluster implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LocalCluster.class);
  private static final Duration ACCOUNT_TIMEOUT = Duration.ofSeconds(60);

  private final ClusterSpec spec;
  private final ControlPlane.Ports ports;
  private final ClusterFiles files;
  private final ControlPlane controlPlane;
  private final Path kubeconfig;
  private final KubernetesClient client;
  private final SimulatedNodes nodes;
  private final Thread shutdownHook;
  private int backups; // guarded by this
  private boolean closed; // guarded by this

  private LocalCluster(
      ClusterSpec spec,
      ControlPlane.Ports ports,
      ClusterFiles files,
      ControlPlane controlPlane,
      Path kubeconfig) {
    this.spec = spec;
    this.ports = ports;
    this.files = files;
    this.controlPlane = controlPlane;
    this.kubeconfig = kubeconfig;
    client = newClient(kubeconfig);
    nodes = new SimulatedNodes(client);
    shutdownHook = new Thread(this::abort, "end-" + spec.name());
  }

  /** Describes a cluster of this name, which appears in messages, files and node names. */
  public static LocalClusterBuilder builder(String name) {
    return new LocalClusterBuilder(name);
  }

  /**
   * Starts several clusters at the same time, in the order of the arguments.
   *
   * @throws TestkitException when one does not start; the others are closed then
   */
  public static List<LocalCluster> startAll(LocalClusterBuilder... builders) {
    List<Supplier<LocalCluster>> starts = new ArrayList<>();
    for (LocalClusterBuilder builder : builders) {
      starts.add(builder::start);
    }
    return ParallelStart.of(starts, LocalCluster::close);
  }

  static LocalCluster start(ClusterSpec spec, KubeBinaries binaries) {
    LocalCluster cluster = prepare(spec, binaries);
    try {
      Runtime.getRuntime().addShutdownHook(cluster.shutdownHook);
      cluster.begin();
      return cluster;
    } catch (RuntimeException | Error e) {
      Attempts.undo(e, cluster::close);
      throw e;
    }
  }

  private static LocalCluster prepare(ClusterSpec spec, KubeBinaries binaries) {
    ControlPlane.Ports ports = ControlPlane.Ports.acquire();
    try {
      ClusterFiles files = ClusterFiles.create(spec.name(), url(ports));
      try {
        return new LocalCluster(
            spec,
            ports,
            files,
            new ControlPlane(spec, binaries, files, ports),
            files.kubeconfig("admin", List.of("system:masters")));
      } catch (RuntimeException | Error e) {
        Attempts.undo(e, files::delete);
        throw e;
      }
    } catch (RuntimeException | Error e) {
      Attempts.undo(e, ports::release);
      throw e;
    }
  }

  private synchronized void begin() {
    long started = System.nanoTime();
    controlPlane.startEtcd();
    controlPlane.startApiServer();
    controlPlane.startControllers();
    if (!spec.nodes().isEmpty()) {
      controlPlane.startKubelets();
    }
    spec.nodes().forEach(nodes::create);
    awaitDefaultServiceAccount("default");
    nodes.awaitSchedulable(spec.nodes().keySet());
    LOG.info(
        "{} is ready at {} after {} ms",
        spec.name(),
        url(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started));
  }

  /** The name it was given. */
  public String name() {
    return spec.name();
  }

  /**
   * An administrator's client, which is closed with the cluster and survives API server restarts.
   */
  public KubernetesClient client() {
    return client;
  }

  /** A file with an administrator's credentials, for {@code kubectl --kubeconfig}. */
  public Path kubeconfig() {
    return kubeconfig;
  }

  /**
   * Writes a kubeconfig file with a client certificate of any user, who may do only what the
   * cluster's RBAC rules grant. A second call for the same user replaces the file.
   */
  public Path kubeconfigFor(String user, String... groups) {
    return files.kubeconfig(
        requireNonNull(user, "user is null"), List.of(requireNonNull(groups, "groups is null")));
  }

  /** A client for what {@link #kubeconfigFor} gives; the caller closes it. */
  public KubernetesClient clientFor(String user, String... groups) {
    return newClient(kubeconfigFor(user, groups));
  }

  /**
   * A network in front of the API server, for those who use {@link #kubeconfigVia}; everybody else
   * reaches the API server directly. The caller closes it.
   */
  public FaultProxy faultProxy() {
    return FaultProxy.inFrontOf(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.apiServer().port()));
  }

  /** As {@link #kubeconfig}, but through the proxy, which {@link #faultProxy} has made. */
  public Path kubeconfigVia(FaultProxy proxy) {
    int port = requireNonNull(proxy, "proxy is null").address().getPort();
    return files.kubeconfig(
        "admin-via-" + port, "admin", List.of("system:masters"), "https://127.0.0.1:" + port);
  }

  /** Where the API server listens, such as {@code https://127.0.0.1:23456}. */
  public String url() {
    return url(ports);
  }

  /** The certificate of the authority that signed every certificate of this cluster. */
  public Path caCertificate() {
    return files.path("ca.crt");
  }

  /** The directory of its files; the log of each process is there as NAME.log. */
  public Path folder() {
    return files.directory();
  }

  /** Makes a namespace and waits until pods can be created in it. */
  public void createNamespace(String namespace) {
    client
        .namespaces()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
    awaitDefaultServiceAccount(namespace);
  }

  /** Ends the API server in order (SIGTERM); etcd keeps the data. */
  public synchronized void stopApiServer() {
    controlPlane.stopApiServer();
  }

  /** Ends the API server at once (SIGKILL); etcd keeps the data. */
  public synchronized void killApiServer() {
    controlPlane.process(KubeTool.KUBE_APISERVER).kill();
  }

  /**
   * Starts the API server again, on the same port with the same certificates; waits until ready.
   */
  public synchronized void startApiServer() {
    if (!controlPlane.process(KubeTool.KUBE_APISERVER).isAlive()) {
      controlPlane.startApiServer();
    }
  }

  /** Stops the API server in order and starts it again. */
  public synchronized void restartApiServer() {
    stopApiServer();
    startApiServer();
  }

  /**
   * Keeps a copy of all that the cluster has stored; the API server is restarted for that.
   *
   * @return what {@link #restore} takes; it is deleted with the cluster's folder
   */
  public synchronized Path backUp() {
    Path backup = folder().resolve("backup-" + ++backups);
    controlPlane.withDataAtRest(data -> attempt(() -> DirectoryTree.copy(data, backup)));
    return backup;
  }

  /**
   * Goes back to what was stored then, as when an operator restores a backup: what was done since
   * never was, and resourceVersions come again. Every process of the cluster is started anew;
   * clients find out by themselves.
   */
  public synchronized void restore(Path backup) {
    controlPlane.withDataAtRest(
        data ->
            attempt(
                () -> {
                  DirectoryTree.delete(data);
                  DirectoryTree.copy(backup, data);
                }));
  }

  private interface FileWork {
    void run() throws IOException;
  }

  private static void attempt(FileWork work) {
    try {
      work.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops the API server where it is (SIGSTOP): connections stay open and nothing answers. */
  public synchronized void freezeApiServer() {
    controlPlane.process(KubeTool.KUBE_APISERVER).freeze();
  }

  /** Lets a frozen API server go on (SIGCONT). */
  public synchronized void thawApiServer() {
    controlPlane.process(KubeTool.KUBE_APISERVER).thaw();
  }

  /**
   * Stops all kubelets of simulated nodes where they are (SIGSTOP), as when a site loses power: no
   * pod starts, ends or goes, and the nodes' Leases run out. When a lost node is told from a slow
   * one is the controller manager's flag {@code --node-monitor-grace-period} (50 s).
   */
  public synchronized void freezeKubelets() {
    controlPlane.process(KubeTool.KWOK).freeze();
  }

  /** Lets frozen kubelets go on (SIGCONT). */
  public synchronized void thawKubelets() {
    controlPlane.process(KubeTool.KWOK).thaw();
  }

  /** Adds a simulated node and waits until pods can be scheduled to it. */
  public void addNode(String node, NodeShape shape) {
    synchronized (this) {
      controlPlane.startKubelets();
    }
    nodes.create(node, shape);
    nodes.awaitSchedulable(List.of(node));
  }

  /** Removes a node; the cluster's pod garbage collector then fails the pods that were on it. */
  public void removeNode(String node) {
    nodes.delete(node);
  }

  /**
   * Lets a node's kubelet post Ready=False or True from now on, and waits until the cluster has
   * tainted it or taken the taint away. Pods that run there go on: the kubelet lives.
   */
  public void setNodeReady(String node, boolean ready) {
    nodes.setReady(node, ready);
  }

  /** What the API server's /metrics says, in the text format of Prometheus. */
  public String metrics() {
    return client.raw("/metrics");
  }

  /**
   * What an endpoint of kube-scheduler says, in the text format of Prometheus. It waits until the
   * scheduler has read the cluster.
   *
   * @param path {@code /metrics}, or {@code /metrics/resources} for what the spec of each pod
   *     requests as the scheduler computes it (cpu in cores)
   * @throws TestkitException when the cluster was started without a scheduler
   */
  public String schedulerMetrics(String path) {
    synchronized (this) {
      controlPlane.awaitScheduler();
    }
    return client.raw(schedulerUrl() + requireNonNull(path, "path is null"));
  }

  /** Where kube-scheduler serves its health and metrics; only administrators may read these. */
  public String schedulerUrl() {
    return "https://127.0.0.1:" + ports.scheduler().port();
  }

  /**
   * What kube-scheduler has in its cache, as it writes it for debugging on SIGUSR2: of each node
   * the sum that its pods request (cpu in thousandths), what is allocatable, and the pods.
   *
   * @throws TestkitException when the cluster was started without a scheduler
   */
  public synchronized String schedulerCache() {
    controlPlane.awaitScheduler();
    return controlPlane.schedulerCache();
  }

  /** Process ids of all that runs for this cluster. */
  public List<Long> pids() {
    synchronized (this) {
      return controlPlane.processes().stream().map(GuardedProcess::pid).toList();
    }
  }

  /**
   * Leaves it to the caller to close this cluster when the JVM ends. Until then a shutdown hook of
   * its own does so; but shutdown hooks run side by side, and one that ends, say, a client of this
   * cluster in order wants the API server to answer until then. A caller that does not close it
   * leaves no process either, as with SIGKILL.
   */
  public void leaveShutdownToCaller() {
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException e) {
      LOG.debug("the JVM ends already, and {} with it", spec.name());
    }
  }

  /**
   * Ends all processes and removes the files, unless these are kept. A second call does nothing.
   * Everything is tried: when this throws, no process is left nevertheless.
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      Attempts.all(
          client::close,
          controlPlane::stopAll,
          ports::release,
          this::removeFiles,
          this::leaveShutdownToCaller);
    }
  }

  /** What the JVM's end leaves time for. Takes no lock: another thread may hold it in a start. */
  private void abort() {
    Attempts.all(controlPlane::killAll, this::removeFiles);
  }

  private void removeFiles() {
    if (spec.keepFiles()) {
      LOG.info("files of {} are kept in {}", spec.name(), files.directory());
    } else {
      files.delete();
    }
  }

  private void awaitDefaultServiceAccount(String namespace) {
    client
        .serviceAccounts()
        .inNamespace(namespace)
        .withName("default")
        .waitUntilCondition(Objects::nonNull, ACCOUNT_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
  }

  private static KubernetesClient newClient(Path kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
        .build();
  }

  private static String url(ControlPlane.Ports ports) {
    return "https://127.0.0.1:" + ports.apiServer().port();
  }
}
