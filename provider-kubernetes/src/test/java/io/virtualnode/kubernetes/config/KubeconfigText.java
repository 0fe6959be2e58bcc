package io.virtualnode.kubernetes.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kubeconfigs for tests. */
final class KubeconfigText {

  private KubeconfigText() {}

  /** A kubeconfig whose contexts {@code admin} (current) and {@code other} lead to that host. */
  static Path write(Path file, String host) {
    return writeText(
        file,
        """
        apiVersion: v1
        kind: Config
        current-context: admin
        contexts:
        - name: admin
          context: {cluster: here, user: admin}
        - name: other
          context: {cluster: there, user: admin}
        clusters:
        - name: here
          cluster: {server: 'https://%1$s:6443'}
        - name: there
          cluster: {server: 'https://other.%1$s:6443'}
        users:
        - name: admin
          user: {token: secret}
        """
            .formatted(host));
  }

  static Path writeText(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
