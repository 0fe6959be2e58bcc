package io.virtualnode.kubernetes.delegate;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.virtualnode.api.PodKey;
import java.util.HashMap;

/**
 * The pod that stands in a member where a delegate was taken back.
 *
 * <p>It has the delegate's name, so a late request that would create the delegate again fails, and
 * a scheduling gate that nobody opens, so it never runs and uses nothing. It asks for no privilege,
 * so that no admission policy objects. It stays until the proxy is gone.
 */
public final class Tombstone {

  private static final String GATE = "virtualnode.io/tombstone";

  private Tombstone() {}

  /**
   * A tombstone where the intent's delegate was.
   *
   * @param namespace the namespace in the member
   */
  public static Pod of(PodKey proxy, Intent intent, String namespace, Ownership ownership) {
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
