package io.virtualnode.testkit;

import io.virtualnode.testkit.CertificateAuthority.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The processes of one cluster, their flags and their files.
 *
 * <p>Everything listens on the loopback interface, on ports of its own. Not thread-safe.
 */
final class ControlPlane {

  private static final Duration START_LIMIT = Duration.ofSeconds(90);

  private final Path folder;
  private final KubeBinaries binaries;
  private final List<String> apiServerFlags;
  private final boolean withScheduler;
  private final CertificateAuthority authority = new CertificateAuthority();
  private final int etcdPort;
  private final int etcdPeerPort;
  private final int apiServerPort;
  private final int schedulerPort;
  private final int controllerPort;
  private final int kwokPort;

  private @Nullable ManagedProcess etcd;
  private @Nullable ManagedProcess apiServer;
  private @Nullable ManagedProcess scheduler;
  private @Nullable ManagedProcess controllerManager;
  private @Nullable ManagedProcess kwok;

  ControlPlane(
      Path folder, KubeBinaries binaries, List<String> apiServerFlags, boolean withScheduler) {
    this.folder = folder;
    this.binaries = binaries;
    this.apiServerFlags = apiServerFlags;
    this.withScheduler = withScheduler;
    var ports = Ports.free(6);
    this.etcdPort = ports.get(0);
    this.etcdPeerPort = ports.get(1);
    this.apiServerPort = ports.get(2);
    this.schedulerPort = ports.get(3);
    this.controllerPort = ports.get(4);
    this.kwokPort = ports.get(5);
  }

  /** Writes the certificates and starts etcd and the API server. */
  void startApi() {
    writeIdentity("ca", authority.authority());
    writeIdentity("apiserver", authority.server());
    writeIdentity("kubelet-client", authority.client("kube-apiserver", List.of("system:masters")));
    writeIdentity("service-account", CertificateAuthority.signingKey());
    kubeconfig("admin", "admin", List.of("system:masters"));
    var etcdUrl = "http://127.0.0.1:" + etcdPort;
    var peerUrl = "http://127.0.0.1:" + etcdPeerPort;
    etcd =
        start(
            KubeTool.ETCD,
            "--data-dir=" + folder.resolve("etcd"),
            "--listen-client-urls=" + etcdUrl,
            "--advertise-client-urls=" + etcdUrl,
            "--listen-peer-urls=" + peerUrl,
            "--initial-advertise-peer-urls=" + peerUrl,
            "--initial-cluster=default=" + peerUrl,
            "--unsafe-no-fsync",
            "--log-level=warn");
    startApiServer();
  }

  void startApiServer() {
    var flags = new ArrayList<String>();
    flags.addAll(
        List.of(
            "--etcd-servers=http://127.0.0.1:" + etcdPort,
            "--secure-port=" + apiServerPort,
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--client-ca-file=" + file("ca.crt"),
            "--tls-cert-file=" + file("apiserver.crt"),
            "--tls-private-key-file=" + file("apiserver.key"),
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=" + file("service-account.crt"),
            "--service-account-signing-key-file=" + file("service-account.key"),
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            "--kubelet-client-certificate=" + file("kubelet-client.crt"),
            "--kubelet-client-key=" + file("kubelet-client.key"),
            "--kubelet-preferred-address-types=InternalIP"));
    flags.addAll(apiServerFlags);
    apiServer = start(KubeTool.KUBE_APISERVER, flags.toArray(String[]::new));
  }

  /** Starts what needs the API server to be ready. */
  void startControllers(Path stages) {
    var controllerConfig = kubeconfig("controller-manager", "admin", List.of("system:masters"));
    controllerManager =
        start(
            KubeTool.KUBE_CONTROLLER_MANAGER,
            "--kubeconfig=" + controllerConfig,
            "--authentication-kubeconfig=" + controllerConfig,
            "--authorization-kubeconfig=" + controllerConfig,
            "--bind-address=127.0.0.1",
            "--secure-port=" + controllerPort,
            "--use-service-account-credentials",
            "--root-ca-file=" + file("ca.crt"),
            "--service-account-private-key-file=" + file("service-account.key"),
            "--cluster-signing-cert-file=" + file("ca.crt"),
            "--cluster-signing-key-file=" + file("ca.key"),
            "--leader-elect=false",
            "--kube-api-qps=500",
            "--kube-api-burst=1000");
    if (withScheduler) {
      var schedulerConfig =
          kubeconfig("scheduler", "system:kube-scheduler", List.of("system:masters"));
      scheduler =
          start(
              KubeTool.KUBE_SCHEDULER,
              "--kubeconfig=" + schedulerConfig,
              "--authentication-kubeconfig=" + schedulerConfig,
              "--authorization-kubeconfig=" + schedulerConfig,
              "--bind-address=127.0.0.1",
              "--secure-port=" + schedulerPort,
              "--leader-elect=false",
              "--kube-api-qps=1000",
              "--kube-api-burst=2000");
    }
    kwok =
        start(
            KubeTool.KWOK,
            "--kubeconfig=" + kubeconfig("kwok", "kwok", List.of("system:masters")),
            "--config=" + stages,
            "--manage-all-nodes=false",
            "--manage-nodes-with-annotation-selector="
                + Simulation.FAKE_NODE
                + "="
                + Simulation.FAKE_NODE_VALUE,
            "--node-ip=127.0.0.1",
            "--node-port=" + kwokPort);
  }

  /** Where the API server listens. */
  String url() {
    return "https://127.0.0.1:" + apiServerPort;
  }

  Duration startLimit() {
    return START_LIMIT;
  }

  /** A kubeconfig file for a user with a certificate of its own. */
  Path kubeconfig(String fileName, String user, List<String> groups) {
    var path = folder.resolve(fileName + ".kubeconfig");
    if (!Files.exists(path)) {
      write(
          path,
          Kubeconfigs.text(
              url(), authority.authority().certificate(), authority.client(user, groups)));
    }
    return path;
  }

  ManagedProcess apiServer() {
    return Optional.ofNullable(apiServer)
        .orElseThrow(() -> new IllegalStateException("the API server was never started"));
  }

  /** What each process that is not running said last, or all of them if all run. */
  String lastWords() {
    var dead = processes().stream().filter(process -> !process.isAlive()).toList();
    return String.join(
        "\n",
        (dead.isEmpty() ? processes() : dead).stream().map(ManagedProcess::lastWords).toList());
  }

  /** Whether all still run. */
  void requireAlive() {
    if (!processes().stream().allMatch(ManagedProcess::isAlive)) {
      throw new TestkitException("a process has ended by itself:\n" + lastWords());
    }
  }

  List<Long> pids() {
    return processes().stream().map(ManagedProcess::pid).toList();
  }

  /** Ends everything. The API server goes before etcd: without it, it would hang. */
  void stop() {
    var ordered = new ArrayList<@Nullable ManagedProcess>();
    ordered.add(kwok);
    ordered.add(controllerManager);
    ordered.add(scheduler);
    for (var process : ordered) {
      if (process != null) {
        process.kill();
      }
    }
    if (apiServer != null) {
      apiServer.kill();
    }
    if (etcd != null) {
      etcd.kill();
    }
  }

  private List<ManagedProcess> processes() {
    var result = new ArrayList<ManagedProcess>();
    for (var process :
        new @Nullable ManagedProcess[] {etcd, apiServer, controllerManager, scheduler, kwok}) {
      if (process != null) {
        result.add(process);
      }
    }
    return result;
  }

  private ManagedProcess start(KubeTool tool, String... flags) {
    var command = new ArrayList<String>();
    command.add(binaries.path(tool).toString());
    command.addAll(List.of(flags));
    return ManagedProcess.start(tool.binary(), folder.resolve(tool.binary() + ".log"), command);
  }

  private void writeIdentity(String name, Identity identity) {
    write(folder.resolve(name + ".crt"), identity.certificate());
    write(folder.resolve(name + ".key"), identity.key());
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  private static void write(Path path, String text) {
    try {
      Files.writeString(path, text);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + path, e);
    }
  }
}
