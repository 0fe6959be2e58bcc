package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Ownership;
import java.util.HashMap;

/**
 * The pod that an earlier version put in a member where it had taken a delegate back: under the
 * delegate's name, with a scheduling gate that nobody opens.
 */
final class EarlierTombstone {

  private static final String GATE = "virtualnode.io/tombstone";

  private EarlierTombstone() {}

  /**
   * A tombstone where the intent's delegate was.
   *
   * @param namespace the namespace in the member
   */
  static Pod of(PodKey proxy, Intent intent, String namespace, Ownership ownership) {
    var labels = new HashMap<>(ownership.labels(proxy));
    labels.put(Ownership.TOMBSTONE, "true");
    return new PodBuilder()
        .withNewMetadata()
        .withName(intent.delegateName(proxy))
        .withNamespace(namespace)
        .withLabels(labels)
        .withAnnotations(ownership.annotations(proxy))
        .endMetadata()
        .withNewSpec()
        .addNewSchedulingGate()
        .withName(GATE)
        .endSchedulingGate()
        .withRestartPolicy("Never")
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(65534L)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .addNewContainer()
        .withName("never-runs")
        .withImage("tombstone.invalid/never-pulled")
        .withNewSecurityContext()
        .withAllowPrivilegeEscalation(false)
        .withNewCapabilities()
        .withDrop("ALL")
        .endCapabilities()
        .endSecurityContext()
        .endContainer()
        .endSpec()
        .build();
  }
}
