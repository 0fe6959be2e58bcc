package io.virtualnode.kubernetes.chaos;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.virtualnode.kubernetes.chaos.ProxyLives.Life;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Somebody else, who deletes and changes objects behind the process's back: delegates, proxies,
 * nodes of members. A delegate is deleted only when its proxy has shown that it runs: of one that
 * ran and went while nobody looked, nothing would be left that tells of it.
 */
final class Meddler {

  private static final long SHORTEST_PAUSE_MILLIS = 600;
  private static final long LONGEST_PAUSE_MILLIS = 1800;
  private static final Duration UNCORDONED = Duration.ofMinutes(2);

  private final KubernetesClient primary;
  private final List<KubernetesClient> members;
  private final ProxyLives lives;
  private final Chronicle chronicle;
  private final Random random;

  Meddler(
      KubernetesClient primary,
      List<KubernetesClient> members,
      ProxyLives lives,
      Chronicle chronicle,
      Random random) {
    this.primary = primary;
    this.members = members;
    this.lives = lives;
    this.chronicle = chronicle;
    this.random = random;
  }

  /** Goes on until the end. */
  void meddle(Halt halt) throws InterruptedException {
    while (!halt.within(random.nextLong(SHORTEST_PAUSE_MILLIS, LONGEST_PAUSE_MILLIS))) {
      var member = members.get(random.nextInt(members.size()));
      try {
        switch (random.nextInt(7)) {
          case 0, 1 -> delete(member, 1);
          case 2 -> delete(member, 0);
          case 3, 4 -> withOne(delegates(member), pod -> annotate(member, pod, "delegate changed"));
          case 5 -> withOne(proxies(), pod -> annotate(primary, pod, "proxy changed"));
          default -> cordon(member, halt);
        }
      } catch (KubernetesClientException e) {
        // the API server is away: the next one
      }
    }
  }

  private void delete(KubernetesClient member, long grace) {
    var running =
        lives.open().stream().filter(Life::hasRun).collect(Collectors.toMap(Life::uid, Life::name));
    var victims =
        delegates(member).stream().filter(pod -> running.containsKey(proxyUid(pod))).toList();
    withOne(
        victims,
        pod -> {
          lives.disturbing(requireNonNull(running.get(proxyUid(pod))));
          member.resource(pod).withGracePeriod(grace).delete();
          chronicle.done(
              grace == 0 ? "delegate deleted by force" : "delegate deleted",
              pod.getMetadata().getName());
        });
  }

  private static String proxyUid(Pod delegate) {
    return requireNonNull(delegate.getMetadata().getLabels().get(ContainerStarts.PROXY_UID));
  }

  private static List<Pod> delegates(KubernetesClient member) {
    return member.pods().inAnyNamespace().withLabel(ContainerStarts.PROXY_UID).list().getItems();
  }

  private List<Pod> proxies() {
    return primary.pods().inNamespace(Load.NAMESPACE).list().getItems();
  }

  private void annotate(KubernetesClient cluster, Pod pod, String what) {
    cluster
        .resource(pod)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"example.org/touched\":\"%d\"},\"labels\":{\"example.org/touched\":\"yes\"}}}"
                .formatted(random.nextInt(1000)));
    chronicle.done(what, pod.getMetadata().getName());
  }

  private void cordon(KubernetesClient member, Halt halt) throws InterruptedException {
    var nodes =
        member.nodes().list().getItems().stream()
            .map(node -> node.getMetadata().getName())
            .sorted(Comparator.naturalOrder())
            .toList();
    var name = nodes.get(random.nextInt(nodes.size()));
    setCordoned(member, name, true);
    chronicle.done("node cordoned", name);
    var unused = halt.within(random.nextInt(2000)); // it is uncordoned at the end as well
    await().atMost(UNCORDONED).until(() -> setCordoned(member, name, false));
  }

  private static boolean setCordoned(KubernetesClient member, String node, boolean cordoned) {
    try {
      member
          .nodes()
          .withName(node)
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"spec\":{\"unschedulable\":%s}}".formatted(cordoned ? "true" : "null"));
      return true;
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  private <T> void withOne(List<T> all, Consumer<T> action) {
    if (!all.isEmpty()) {
      action.accept(all.get(random.nextInt(all.size())));
    }
  }
}
