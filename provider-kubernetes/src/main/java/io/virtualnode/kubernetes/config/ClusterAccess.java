package io.virtualnode.kubernetes.config;

import static java.util.Objects.requireNonNull;

import io.virtualnode.node.ApiAccess;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a cluster is reached.
 *
 * @param kubeconfig the file, absolute; where absent, the access that a client finds by itself (the
 *     service account of the pod it runs in, {@code KUBECONFIG}, {@code ~/.kube/config})
 * @param context the context in that file; where absent, its current one
 */
public record ClusterAccess(Optional<Path> kubeconfig, Optional<String> context) {

  /**
   * Checks that the pair makes sense.
   *
   * @throws IllegalArgumentException if there is a context without a kubeconfig, or the path is
   *     relative
   */
  public ClusterAccess {
    requireNonNull(kubeconfig, "kubeconfig is null");
    requireNonNull(context, "context is null");
    if (context.isPresent() && kubeconfig.isEmpty()) {
      throw new IllegalArgumentException("context " + context.get() + " without a kubeconfig");
    }
    kubeconfig.ifPresent(
        path -> {
          if (!path.isAbsolute()) {
            throw new IllegalArgumentException("kubeconfig " + path + " is not absolute");
          }
        });
  }

  /** The access that a client finds by itself: in a pod, its service account. */
  public static ClusterAccess standard() {
    return new ClusterAccess(Optional.empty(), Optional.empty());
  }

  /** The current context of that file. */
  public static ClusterAccess of(Path kubeconfig) {
    return new ClusterAccess(Optional.of(kubeconfig.toAbsolutePath()), Optional.empty());
  }

  /** What follows from that, read from the files as they are whenever it is asked. */
  public ApiAccess api() {
    return kubeconfig
        .map(file -> ApiAccess.ofKubeconfig(file, context))
        .orElseGet(ApiAccess::standard);
  }

  /** For messages: the file and its context, or that the access is the standard one. */
  @Override
  public String toString() {
    return kubeconfig
        .map(path -> path + context.map(name -> " (context " + name + ")").orElse(""))
        .orElse("standard access");
  }
}
