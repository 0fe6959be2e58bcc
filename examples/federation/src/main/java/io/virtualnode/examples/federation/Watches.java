package io.virtualnode.examples.federation;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.testkit.LocalCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Keeps a {@link Picture} up to date with watches of every cluster's API server, and has the API
 * servers themselves say whether what is overdue in it is really wrong, since a watch may be late.
 */
final class Watches implements AutoCloseable {

  private static final Duration SYNC_LIMIT = Duration.ofSeconds(30);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(20);

  private final Picture picture;
  private final String node;
  private final LocalCluster primary;
  private final List<LocalCluster> members;
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private final ScheduledExecutorService judge =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            var thread = new Thread(task, "judge");
            thread.setDaemon(true);
            return thread;
          });
  private volatile Optional<String> fault = Optional.empty();

  /** Begins to watch and returns when everything there is has been seen. */
  Watches(Picture picture, String node, LocalCluster primary, List<LocalCluster> members) {
    this.picture = picture;
    this.node = node;
    this.primary = primary;
    this.members = List.copyOf(members);
    watchCluster(Optional.empty(), primary.client());
    for (var member : members) {
      watchCluster(Optional.of(member.name()), member.client());
    }
    informers.add(
        primary
            .client()
            .batch()
            .v1()
            .jobs()
            .inAnyNamespace()
            .runnableInformer(0)
            .addEventHandler(new Handler<Job>(this::jobSeen, job -> {})));
    informers.forEach(
        informer ->
            informer
                .exceptionHandler((started, failure) -> true)
                .start()
                .toCompletableFuture()
                .orTimeout(SYNC_LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join());
    // On a thread of its own: a difference is looked at while it lasts, whatever else goes on.
    var unused =
        judge.scheduleWithFixedDelay(
            this::judge, 0, LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void watchCluster(Optional<String> member, KubernetesClient client) {
    informers.add(
        client
            .nodes()
            .runnableInformer(0)
            .addEventHandler(
                new Handler<Node>(
                    object -> picture.node(member, object.getMetadata().getName(), cpu(object)),
                    object -> picture.nodeGone(member, object.getMetadata().getName()))));
    informers.add(
        client
            .pods()
            .inAnyNamespace()
            .runnableInformer(0)
            .addEventHandler(
                new Handler<Pod>(
                    pod -> picture.pod(member, PodFact.of(pod)),
                    pod -> picture.podGone(member, PodFact.of(pod)))));
  }

  private void jobSeen(Job job) {
    if (job.getStatus() == null) {
      return;
    }
    for (var condition : job.getStatus().getConditions()) {
      boolean complete = condition.getType().equals("Complete");
      if (condition.getStatus().equals("True")
          && (complete || condition.getType().equals("Failed"))) {
        picture.jobEnded(
            job.getMetadata().getName(),
            new Picture.JobEnd(
                complete, "%s: %s".formatted(condition.getReason(), condition.getMessage())));
      }
    }
  }

  private static ClusterPicture.Cpu cpu(Node node) {
    var status = node.getStatus();
    return new ClusterPicture.Cpu(
        PodFact.millis(status.getCapacity().get("cpu")),
        PodFact.millis(status.getAllocatable().get("cpu")));
  }

  /** Why the check can no longer be made, if so. */
  Optional<String> fault() {
    return fault;
  }

  private void judge() {
    try {
      for (var uid : picture.overdue()) {
        picture.lookedAt(uid);
        picture.judged(uid, disagreement(uid));
      }
      if (picture.offerOverdue()) {
        picture.offerLookedAt();
        picture.offerJudged(overOffer());
      }
    } catch (RuntimeException e) {
      fault = Optional.of("the check cannot be made: " + e);
      throw e; // which ends the looking
    }
  }

  /**
   * The side that was late when the difference was seen has had its second by now. Between the
   * readings the pod may go on: only what both readings of the primary say is proven.
   */
  private Optional<String> disagreement(String uid) {
    long before = runningInPrimary(uid);
    long inMembers = runningInMembers(uid);
    long inPrimary = runningInPrimary(uid);
    return inMembers == before || inMembers == inPrimary
        ? Optional.empty()
        : Optional.of("running %d in the primary, %d in members".formatted(inPrimary, inMembers));
  }

  private long runningInPrimary(String uid) {
    return pods(primary).stream().filter(pod -> pod.uid().equals(uid) && pod.isRunning()).count();
  }

  private long runningInMembers(String uid) {
    return members.stream()
        .flatMap(
            member ->
                member
                    .client()
                    .pods()
                    .inAnyNamespace()
                    .withLabel(Ownership.PROXY_UID, uid)
                    .list()
                    .getItems()
                    .stream())
        .filter(pod -> PodFact.of(pod).isRunning())
        .count();
  }

  /** Between the two readings of the offer pods may come and go: only the lower one is proven. */
  private Optional<String> overOffer() {
    long before = free(primary);
    long free = members.stream().mapToLong(this::free).sum();
    long offered = Math.min(before, free(primary));
    return offered <= Math.max(0, free)
        ? Optional.empty()
        : Optional.of(
            "%s offers %s cores while %s are free for over 1 s"
                .formatted(node, Table.cores(offered), Table.cores(free)));
  }

  private long free(LocalCluster cluster) {
    var fresh = new ClusterPicture(cluster.name());
    cluster
        .client()
        .nodes()
        .list()
        .getItems()
        .forEach(object -> fresh.node(object.getMetadata().getName(), cpu(object)));
    pods(cluster).forEach(fresh::pod);
    return fresh.freeMillis();
  }

  private static List<PodFact> pods(LocalCluster cluster) {
    return cluster.client().pods().inAnyNamespace().list().getItems().stream()
        .map(PodFact::of)
        .toList();
  }

  @Override
  public void close() {
    judge.shutdownNow();
    informers.forEach(SharedIndexInformer::close);
  }

  /** A new state is a new state, whether it is the first. */
  private record Handler<T>(Consumer<T> seen, Consumer<T> gone) implements ResourceEventHandler<T> {

    @Override
    public void onAdd(T object) {
      seen.accept(object);
    }

    @Override
    public void onUpdate(T before, T after) {
      seen.accept(after);
    }

    @Override
    public void onDelete(T object, boolean stateUnknown) {
      gone.accept(object);
    }
  }
}
