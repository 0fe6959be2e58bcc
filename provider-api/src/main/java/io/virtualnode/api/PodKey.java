package io.virtualnode.api;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Pod;

/**
 * Names one pod of the primary for its whole life.
 *
 * <p>The UID alone decides identity: a pod that was deleted and created again under the same name
 * is another pod. Namespace and name are carried along because every API call needs them.
 *
 * @param namespace the pod's namespace in the primary
 * @param name the pod's name in the primary
 * @param uid the pod's {@code metadata.uid} in the primary
 */
public record PodKey(String namespace, String name, String uid) {

  /** Checks that nothing is missing. */
  public PodKey {
    requireNonNull(namespace, "namespace is null");
    requireNonNull(name, "name is null");
    requireNonNull(uid, "uid is null");
  }

  /**
   * The key of a pod as an API server returned it.
   *
   * @throws NullPointerException if the pod has no namespace, name or UID, which no stored pod
   *     lacks
   */
  public static PodKey of(Pod pod) {
    var metadata = pod.getMetadata();
    return new PodKey(metadata.getNamespace(), metadata.getName(), metadata.getUid());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PodKey key && uid.equals(key.uid);
  }

  @Override
  public int hashCode() {
    return uid.hashCode();
  }

  /** {@code namespace/name (uid)}, the form that messages and logs use. */
  @Override
  public String toString() {
    return namespace + "/" + name + " (" + uid + ")";
  }
}
