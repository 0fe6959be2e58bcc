package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.virtualnode.api.PodKey;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Queue;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes Kubernetes events about pods: best effort, in order, one request at a time.
 *
 * <p>Events are for people; they must cost the pods nothing. What does not fit into the short queue
 * is dropped and counted, a request that fails is not repeated, and the same words about the same
 * pod are written once. What was dropped, or failed, may be said again.
 */
final class Events {

  /** One thing to say. */
  private record Saying(PodKey pod, boolean warning, String reason, String message) {}

  private static final Logger log = LoggerFactory.getLogger(Events.class);
  private static final int QUEUE = 1000;
  private static final int REMEMBERED = 5000;
  private static final int MESSAGE_LIMIT = 1024; // the API server's own

  private final PodApi api;
  private final String nodeName;
  private final Timer timer;
  private final Counters counters;

  // guarded by this
  private final Queue<Saying> queue = new ArrayDeque<>();
  private final Set<Saying> said = new LinkedHashSet<>();
  private boolean writing;

  Events(PodApi api, String nodeName, Timer timer, Counters counters) {
    this.api = api;
    this.nodeName = nodeName;
    this.timer = timer;
    this.counters = counters;
  }

  /** Says it, soon and perhaps. Never blocks. */
  void publish(PodKey pod, boolean warning, String reason, String message) {
    Saying saying = new Saying(pod, warning, reason, limit(message));
    synchronized (this) {
      if (!said.add(saying)) {
        return;
      }
      if (said.size() > REMEMBERED) {
        said.remove(said.iterator().next());
      }
      if (queue.size() >= QUEUE) {
        said.remove(saying);
        counters.eventsDropped.increment();
        return;
      }
      queue.add(saying);
      if (writing) {
        return;
      }
      writing = true;
    }
    writeNext();
  }

  private void writeNext() {
    Saying saying;
    synchronized (this) {
      saying = queue.poll();
      if (saying == null) {
        writing = false;
        return;
      }
    }
    api.createEvent(event(saying))
        .whenComplete(
            (nothing, failure) -> {
              if (failure == null) {
                counters.eventsWritten.increment();
              } else {
                counters.eventsDropped.increment();
                forget(saying);
                log.debug("Event {} was not written", saying, failure);
              }
              writeNext();
            });
  }

  private synchronized void forget(Saying saying) {
    said.remove(saying);
  }

  private Event event(Saying saying) {
    PodKey pod = saying.pod();
    String now = Times.seconds(timer.now());
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(pod.namespace())
        .withGenerateName(prefix(pod.name()))
        .endMetadata()
        .withNewInvolvedObject()
        .withApiVersion("v1")
        .withKind("Pod")
        .withNamespace(pod.namespace())
        .withName(pod.name())
        .withUid(pod.uid())
        .endInvolvedObject()
        .withType(saying.warning() ? "Warning" : "Normal")
        .withReason(saying.reason())
        .withMessage(saying.message())
        .withFirstTimestamp(now)
        .withLastTimestamp(now)
        .withCount(1)
        .withNewSource("virtual-node", nodeName)
        .withReportingComponent("virtual-node")
        .withReportingInstance(nodeName)
        .build();
  }

  private static String prefix(String podName) {
    int limit = 200;
    return (podName.length() > limit ? podName.substring(0, limit) : podName) + ".";
  }

  private static String limit(String message) {
    return message.length() > MESSAGE_LIMIT
        ? message.substring(0, MESSAGE_LIMIT - 1) + "…"
        : message;
  }
}
