package io.virtualnode.kubernetes.delegate;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.List;
import java.util.Optional;

/**
 * The namespace of a member in which a delegate is created.
 *
 * <p>It is named as the delegate's controller: a pod that has none is adopted, and scaled away, by
 * any ReplicaSet there whose selector matches its labels, which are the proxy's. The namespace
 * serves because it is there as long as the pod is, needs no object of ours, and cannot be deleted
 * alone.
 *
 * @param uid the namespace's; empty where it may not be read, and then there is no owner
 */
public record MemberNamespace(String name, Optional<String> uid) {

  List<OwnerReference> owner() {
    return uid.stream()
        .map(
            value ->
                new OwnerReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Namespace")
                    .withName(name)
                    .withUid(value)
                    .withController(true)
                    .build())
        .toList();
  }
}
