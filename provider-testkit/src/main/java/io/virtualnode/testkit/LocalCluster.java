package io.virtualnode.testkit;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A real Kubernetes cluster on this machine: etcd, API server, controller manager and scheduler as
 * they are released, and nodes simulated by kwok.
 *
 * <p>Listens on the loopback interface only. Pods run as their {@link Simulation} annotations say.
 * Ends with {@link #close}, and at the latest with the JVM, however that ends. Thread-safe except
 * for {@link #close} and the methods that stop and start processes.
 */
public final class LocalCluster implements AutoCloseable {

  private static final Duration READY_LIMIT = Duration.ofSeconds(90);

  private final String name;
  private final Path folder;
  private final ControlPlane processes;
  private final KubernetesClient client;
  private final Thread shutdownHook = new Thread(this::end, "end-local-cluster");
  private boolean closed;

  private LocalCluster(Builder builder) {
    this.name = builder.name;
    try {
      this.folder = Files.createTempDirectory("virtualnode-" + builder.name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException("no temporary folder", e);
    }
    Runtime.getRuntime().addShutdownHook(shutdownHook);
    var binaries = KubeBinaries.locate(builder.progress);
    this.processes =
        new ControlPlane(folder, binaries, builder.apiServerFlags, builder.withScheduler);
    try {
      processes.startApi();
      this.client = newClient(kubeconfig());
      awaitApi();
      processes.startControllers(writeStages());
      int number = 0;
      for (var node : builder.nodes) {
        addNode("%s-%d".formatted(name, ++number), node);
      }
      awaitServiceAccount("default");
      builder.progress.accept("cluster %s is ready at %s".formatted(name, url()));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Begins the description of a cluster; the name goes into node names and folders. */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** What a cluster is to be. */
  public static final class Builder {
    private final String name;
    private final List<NodeShape> nodes = new ArrayList<>();
    private final List<String> apiServerFlags = new ArrayList<>();
    private boolean withScheduler = true;
    private Consumer<String> progress = System.err::println;

    private Builder(String name) {
      this.name = name;
    }

    /** Adds nodes named {@code CLUSTER-1}, {@code CLUSTER-2} and so on; a cluster may have none. */
    public Builder nodes(int count, NodeShape shape) {
      for (int i = 0; i < count; i++) {
        nodes.add(shape);
      }
      return this;
    }

    /** Adds a flag of kube-apiserver, such as {@code --feature-gates=…}. */
    public Builder apiServerFlag(String flag) {
      apiServerFlags.add(flag);
      return this;
    }

    /** Leaves the scheduler out: pods stay as they are bound by hand. */
    public Builder withoutScheduler() {
      withScheduler = false;
      return this;
    }

    /** Takes lines for a person who waits; default standard error. */
    public Builder progress(Consumer<String> progress) {
      this.progress = progress;
      return this;
    }

    /**
     * Starts the cluster and returns when it takes pods: a few seconds, or minutes when the
     * binaries have to be got first.
     *
     * @throws TestkitException if it does not start, with the last words of what failed
     */
    public LocalCluster start() {
      return new LocalCluster(this);
    }
  }

  /** Starts several clusters at once, in the order given; if one fails, none is left. */
  public static List<LocalCluster> startAll(Builder... builders) {
    var starting = new ArrayList<CompletableFuture<LocalCluster>>();
    for (var builder : builders) {
      KubeBinaries.locate(builder.progress);
      starting.add(CompletableFuture.supplyAsync(builder::start, task -> new Thread(task).start()));
    }
    try {
      return starting.stream().map(CompletableFuture::join).toList();
    } catch (CompletionException e) {
      for (var cluster : starting) {
        cluster.thenAccept(LocalCluster::close).exceptionally(failure -> null).join();
      }
      throw e.getCause() instanceof TestkitException cause
          ? cause
          : new TestkitException("a cluster did not start", e.getCause());
    }
  }

  /** The cluster's name. */
  public String name() {
    return name;
  }

  /** Where its API server listens. */
  public String url() {
    return processes.url();
  }

  /** A client with every right, closed with the cluster. */
  public KubernetesClient client() {
    return client;
  }

  /** A kubeconfig file with every right. */
  public Path kubeconfig() {
    return processes.kubeconfig("admin", "admin", List.of("system:masters"));
  }

  /** A kubeconfig file of a user who has the rights that RBAC gives the user and the groups. */
  public Path kubeconfigFor(String user, String... groups) {
    return processes.kubeconfig("user-" + user.replace(':', '-'), user, List.of(groups));
  }

  /** The folder with logs, certificates and data; removed with the cluster. */
  public Path folder() {
    return folder;
  }

  /** The pids of its processes. */
  public List<Long> pids() {
    return processes.pids();
  }

  /** Adds a simulated node and returns when it is Ready. */
  public void addNode(String node, NodeShape shape) {
    client.resource(shape.toNode(node)).create();
    Waiting.until(
        "node %s of cluster %s Ready".formatted(node, name),
        READY_LIMIT,
        () -> isReady(node),
        processes::lastWords);
  }

  /** Deletes a simulated node. */
  public void removeNode(String node) {
    client.nodes().withName(node).delete();
  }

  /** Makes a simulated node Ready or NotReady and returns when it is. */
  public void setNodeReady(String node, boolean ready) {
    client
        .nodes()
        .withName(node)
        .edit(
            object -> {
              if (ready) {
                object.getMetadata().getLabels().remove(Simulation.NOT_READY);
              } else {
                object.getMetadata().getLabels().put(Simulation.NOT_READY, "true");
              }
              return object;
            });
    Waiting.until(
        "node %s of cluster %s %s".formatted(node, name, ready ? "Ready" : "NotReady"),
        READY_LIMIT,
        () -> isReady(node) == ready,
        processes::lastWords);
  }

  /** Creates a namespace and returns when pods can be created in it. */
  public void createNamespace(String namespace) {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
    awaitServiceAccount(namespace);
  }

  /** Kills the API server; etcd and what it stores stay. Its watches break at once. */
  public void killApiServer() {
    processes.apiServer().kill();
  }

  /** Starts a killed API server again, on the same port, and returns when it is ready. */
  public void startApiServer() {
    processes.startApiServer();
    awaitApi();
  }

  /** Stops the API server from doing anything, its connections left open: nobody answers. */
  public void freezeApiServer() {
    processes.apiServer().signal("STOP");
  }

  /** Lets a frozen API server go on. */
  public void thawApiServer() {
    processes.apiServer().signal("CONT");
  }

  /** The API server's metrics, in Prometheus' text format. */
  public String metrics() {
    return client.raw("/metrics");
  }

  /** Ends every process and deletes the folder. May be called more than once. */
  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException shuttingDown) {
      return; // the hook runs or has run; end() has done its work either way
    }
  }

  private synchronized void end() {
    if (closed) {
      return;
    }
    closed = true;
    closeClient(client);
    processes.stop();
    Folders.delete(folder);
  }

  /** The constructor may fail before there is a client. */
  private static void closeClient(@Nullable KubernetesClient client) {
    if (client != null) {
      client.close();
    }
  }

  private void awaitApi() {
    Waiting.until(
        "API server of cluster " + name + " ready",
        processes.startLimit(),
        () -> "ok".equals(client.raw("/readyz")),
        processes::lastWords);
  }

  private void awaitServiceAccount(String namespace) {
    Waiting.until(
        "service account default of namespace %s in cluster %s".formatted(namespace, name),
        READY_LIMIT,
        () -> client.serviceAccounts().inNamespace(namespace).withName("default").get() != null,
        processes::lastWords);
  }

  private boolean isReady(String node) {
    processes.requireAlive();
    return client.nodes().withName(node).get().getStatus().getConditions().stream()
        .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  private Path writeStages() {
    var path = folder.resolve("stages.yaml");
    try (InputStream in = LocalCluster.class.getResourceAsStream("stages.yaml")) {
      if (in == null) {
        throw new TestkitException("resource stages.yaml is missing from the testkit's jar");
      }
      Files.copy(in, path);
      return path;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + path, e);
    }
  }

  private static KubernetesClient newClient(Path kubeconfig) {
    var config = Config.fromKubeconfig(kubeconfig.toFile());
    config.setRequestRetryBackoffLimit(0);
    return new KubernetesClientBuilder().withConfig(config).build();
  }
}
