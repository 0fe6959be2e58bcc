package io.virtualnode.testkit;

import io.virtualnode.testkit.CertificateAuthority.Identity;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Kubeconfig files with everything embedded. */
final class Kubeconfigs {

  private Kubeconfigs() {}

  static String text(String server, String authority, Identity user) {
    return """
    apiVersion: v1
    kind: Config
    current-context: local
    contexts:
    - name: local
      context: {cluster: local, user: user}
    clusters:
    - name: local
      cluster:
        server: %s
        certificate-authority-data: %s
    users:
    - name: user
      user:
        client-certificate-data: %s
        client-key-data: %s
    """
        .formatted(server, base64(authority), base64(user.certificate()), base64(user.key()));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
