package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.placement.SlotCollector;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects slots for wide pods that the primary's scheduler cannot bind: the shell of {@link
 * SlotCollector}.
 *
 * <p>A pod whose slot is whole is <em>nominated</em> for its virtual node ({@code
 * status.nominatedNodeName}), and only then the slot is offered: kube-scheduler counts a nominated
 * pod on its node when it looks for room for others of its priority or below (KEP-5278), so they do
 * not take what is offered for it. It clears a nomination whenever it finds no room for the pod;
 * then the pod is nominated again at once. Where pods must not be nominated, the slot is offered
 * all the same, to whoever comes first.
 *
 * <p>Thread-safe. Has a thread of its own, on which it makes its rare requests.
 */
final class SlotCollection implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(SlotCollection.class);
  private static final Duration PERIOD = Duration.ofMillis(200);
  // The scheduler looks again at a pod after ten seconds at the latest, and at all after minutes.
  private static final Duration WHOLE_PATIENCE = Duration.ofMinutes(2);
  // Jobs run for hours: a node where nothing has ended for so long runs something else.
  private static final Duration PATIENCE = Duration.ofHours(6);
  private static final Duration FORBIDDEN_FOR = Duration.ofMinutes(1);

  private final KubernetesClient primary;
  private final Forwarder forwarder;
  private final VirtualNodes nodes;
  private final WidePods pods;
  // touched by the one thread only
  private final Set<String> announced = new HashSet<>(); // pods whose whole slots may be offered
  private final Map<String, String> wanted = new HashMap<>(); // the node of each whole slot
  private final Map<String, String> given = new HashMap<>(); // what each was nominated for by us
  private final Map<String, Long> forbiddenAt = new HashMap<>(); // by namespace, on the nano clock
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DaemonThreads("vnode-collection"));

  SlotCollection(KubernetesClient primary, String family, Forwarder forwarder, VirtualNodes nodes) {
    this.primary = primary;
    this.forwarder = forwarder;
    this.nodes = nodes;
    this.pods = new WidePods(primary, family, forwarder::demand, nodes::parts, this::soon);
  }

  /** Begins; the virtual nodes must have been started. */
  void start() {
    pods.start();
    var unused =
        timer.scheduleWithFixedDelay(
            this::tick, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    timer.shutdownNow();
    pods.close();
  }

  /** A nomination that the scheduler has cleared is not to wait for the next turn. */
  private void soon() {
    try {
      timer.execute(this::tick);
    } catch (RejectedExecutionException e) {
      log.debug("closed while a pod has changed");
    }
  }

  private void tick() {
    try {
      collect(forwarder.placement());
    } catch (RuntimeException e) {
      log.error("Slots could not be collected", e);
    }
  }

  private void collect(PlacementSettings settings) {
    var after = settings.collectAfter();
    List<WidePods.Waiting> waiting =
        after.isEmpty() ? List.of() : pods.atLeast(settings.wideCores());
    var setting =
        new SlotCollector.Setting(
            after.orElse(Duration.ZERO).toMillis(),
            settings.slotsAtOnce(),
            WHOLE_PATIENCE.toMillis(),
            PATIENCE.toMillis());
    waiting.stream()
        .filter(
            pod -> isForbidden(pod.pod()) || pod.nominated().equals(wanted.get(pod.pod().uid())))
        .forEach(pod -> announced.add(pod.pod().uid()));
    var uids = waiting.stream().map(pod -> pod.pod().uid()).collect(Collectors.toSet());
    announced.retainAll(uids);
    given.keySet().retainAll(uids);
    var whole =
        forwarder.collect(
            waiting.stream().map(WidePods.Waiting::unbound).toList(),
            Set.copyOf(announced),
            setting);
    wanted.clear();
    whole.forEach((uid, node) -> wanted.put(uid, nodes.nameFor(node)));
    announced.retainAll(wanted.keySet());
    nominate(waiting);
  }

  private void nominate(List<WidePods.Waiting> waiting) {
    var ours = nodes.parts().keySet();
    for (var pod : waiting) {
      var node = wanted.get(pod.pod().uid());
      var nominated = pod.nominated();
      if (node == null) {
        if (nominated.equals(given.get(pod.pod().uid())) && patch(pod.pod(), "null")) {
          given.remove(pod.pod().uid()); // another nomination is the scheduler's own
        }
      } else if (!node.equals(nominated)
          && (nominated.isEmpty() || ours.contains(nominated))
          && !isForbidden(pod.pod())) {
        log.debug("a slot is whole for {} on {}", pod.pod(), node);
        given.put(pod.pod().uid(), node);
        patch(pod.pod(), "\"" + node + "\"");
      }
    }
  }

  private boolean isForbidden(PodKey pod) {
    var at = forbiddenAt.get(pod.namespace());
    return at != null && System.nanoTime() - at < FORBIDDEN_FOR.toNanos();
  }

  /**
   * On condition of the UID. What is refused is tried again at the next look, if it still holds.
   */
  private boolean patch(PodKey pod, String nominated) {
    try {
      primary
          .pods()
          .inNamespace(pod.namespace())
          .withName(pod.name())
          .subresource("status")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"metadata\":{\"uid\":\"%s\"},\"status\":{\"nominatedNodeName\":%s}}"
                  .formatted(pod.uid(), nominated));
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        forbiddenAt.put(pod.namespace(), System.nanoTime());
      }
      log.warn("{} could not be nominated for {}: {}", pod, nominated, e.getMessage());
      return false;
    }
  }
}
