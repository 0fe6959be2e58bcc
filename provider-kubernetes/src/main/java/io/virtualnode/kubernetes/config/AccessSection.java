package io.virtualnode.kubernetes.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads how a cluster is reached, and looks into the kubeconfig.
 *
 * @param access the access; the standard one where it is faulty
 * @param server its API server, where that is known and right
 */
record AccessSection(ClusterAccess access, Optional<String> server) {

  /** What the section says; relative paths are relative to the directory. */
  static AccessSection read(Section section, Path directory, Faults faults) {
    var kubeconfig =
        section
            .string("kubeconfig", AccessSection::pathFault)
            .map(path -> directory.resolve(path).normalize());
    var context =
        section.string(
            "context", value -> value.isEmpty() ? Optional.of("is empty") : Optional.empty());
    if (kubeconfig.isEmpty()) {
      if (section.has("context") && !section.has("kubeconfig")) {
        faults.add(section.path("context"), "needs a kubeconfig beside it");
      }
      var standard =
          section.has("kubeconfig") ? Optional.<String>empty() : Optional.of("standard access");
      return new AccessSection(ClusterAccess.standard(), standard);
    }
    var server =
        Kubeconfig.read(kubeconfig.get(), section.path("kubeconfig"), faults)
            .flatMap(content -> content.server(context, section.path("context"), faults));
    var access = new ClusterAccess(kubeconfig, context);
    if (server.isPresent()) {
      access.api().fault().ifPresent(fault -> faults.add(section.path("kubeconfig"), fault));
    }
    return new AccessSection(access, server);
  }

  private static Optional<String> pathFault(String value) {
    try {
      return value.isEmpty() || Path.of(value).toString().isEmpty()
          ? Optional.of("is empty")
          : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.of("not a path: " + e.getMessage());
    }
  }
}
