package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.PodKey;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What this package asks of the primary about pods. Errors as {@link PrimaryApi} has them. */
interface PodApi {

  /** Reads the pod, past every cache; empty if there is none of that name and UID. */
  CompletionStage<Optional<Pod>> pod(PodKey key);

  /** Lists the pods that are bound to the node, as of one moment past every cache. */
  CompletionStage<List<Pod>> podsOn(String nodeName);

  /** Writes what differs, on condition that the pod is still the one that was read. */
  CompletionStage<Pod> patchStatus(PodKey key, Pod read, PodStatus desired);

  /** Deletes at once, and only the pod of that UID. */
  CompletionStage<Void> deletePod(PodKey key);

  CompletionStage<Void> createEvent(Event event);
}
