package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;

/** Pods as an API server would show them. */
final class TestPods {

  private TestPods() {}

  static Pod pod(String name) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("ns")
        .withName(name)
        .withUid("uid-" + name)
        .withResourceVersion("1")
        .withGeneration(1L)
        .endMetadata()
        .withNewSpec()
        .withNodeName("v")
        .withTerminationGracePeriodSeconds(17L)
        .endSpec()
        .withNewStatus()
        .withPhase("Pending")
        .endStatus()
        .build();
  }

  static Pod deleted(Pod pod, long graceSeconds) {
    return new PodBuilder(pod)
        .editMetadata()
        .withDeletionTimestamp("2026-01-01T00:00:00Z")
        .withDeletionGracePeriodSeconds(graceSeconds)
        .endMetadata()
        .build();
  }

  static Pod with(Pod pod, PodStatus status) {
    return new PodBuilder(pod).withStatus(status).build();
  }

  static Pod ownedBy(Pod pod, String kind) {
    return new PodBuilder(pod)
        .editMetadata()
        .addNewOwnerReference()
        .withKind(kind)
        .withController(true)
        .endOwnerReference()
        .endMetadata()
        .build();
  }
}
