package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.SubjectBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtualnode.testkit.FaultProxy;
import io.virtualnode.testkit.LocalCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Access to one cluster that changes: it is there, then something of it is another, then what it
 * was before works no more.
 */
abstract class Rotation implements AutoCloseable {

  /** What changes. */
  enum Kind {
    TOKEN_FILE,
    CERTIFICATE_FILES,
    PLUGIN,
    ADDRESS,
    AUTHORITIES
  }

  static final String NAMESPACE = "rotation";
  private static final long TOKEN_SECONDS = 600; // the shortest that there is

  final LocalCluster cluster;
  final Path folder;
  private final List<String> bindings = new ArrayList<>();

  private Rotation(LocalCluster cluster, Path folder) {
    this.cluster = cluster;
    this.folder = folder;
  }

  static Rotation of(Kind kind, LocalCluster cluster, LocalCluster other, Path folder) {
    var rotation =
        switch (kind) {
          case TOKEN_FILE -> new TokenFile(cluster, folder);
          case CERTIFICATE_FILES -> new CertificateFiles(cluster, folder);
          case PLUGIN -> new Plugin(cluster, folder);
          case ADDRESS -> new Address(cluster, folder);
          case AUTHORITIES -> new Authorities(cluster, other, folder);
        };
    rotation.begin();
    return rotation;
  }

  Path kubeconfig() {
    return folder.resolve("kubeconfig");
  }

  abstract void begin();

  /** The new is there; the old works still. */
  abstract void change();

  /** What is logged when the new is used. */
  abstract String noticed();

  /** Ends the old, and returns when it works no more. */
  abstract void revoke();

  @Override
  public void close() {
    bindings.forEach(name -> cluster.client().rbac().clusterRoleBindings().withName(name).delete());
    cluster.client().serviceAccounts().inNamespace(NAMESPACE).delete();
  }

  void writeKubeconfig(String server, String authority, String user) {
    write(
        kubeconfig(),
        """
        apiVersion: v1
        kind: Config
        current-context: it
        contexts: [{name: it, context: {cluster: it, user: it}}]
        clusters: [{name: it, cluster: {server: "%s", certificate-authority: "%s"}}]
        users: [{name: it, user: {%s}}]
        """
            .formatted(server, authority, user));
  }

  /** By a rename, so that nobody reads half of it. */
  static void write(Path file, String text) {
    try {
      var next = file.resolveSibling(file.getFileName() + ".next");
      Files.writeString(next, text);
      Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rwx------"));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A token of an administrator of that name. */
  String token(String account) {
    var accounts = cluster.client().serviceAccounts().inNamespace(NAMESPACE);
    if (cluster.client().namespaces().withName(NAMESPACE).get() == null) {
      cluster.createNamespace(NAMESPACE);
    }
    if (accounts.withName(account).get() == null) {
      accounts
          .resource(
              new io.fabric8.kubernetes.api.model.ServiceAccountBuilder()
                  .withNewMetadata()
                  .withName(account)
                  .endMetadata()
                  .build())
          .create();
      allow("ServiceAccount", account);
    }
    return accounts
        .withName(account)
        .tokenRequest(
            new TokenRequestBuilder()
                .withNewSpec()
                .withExpirationSeconds(TOKEN_SECONDS)
                .endSpec()
                .build())
        .getStatus()
        .getToken();
  }

  void allow(String kind, String name) {
    var subject = new SubjectBuilder().withKind(kind).withName(name);
    if (kind.equals("ServiceAccount")) {
      subject.withNamespace(NAMESPACE);
    } else {
      subject.withApiGroup("rbac.authorization.k8s.io");
    }
    bindings.add("rotation-" + name);
    cluster
        .client()
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("rotation-" + name)
                .endMetadata()
                .withNewRoleRef()
                .withApiGroup("rbac.authorization.k8s.io")
                .withKind("ClusterRole")
                .withName("cluster-admin")
                .endRoleRef()
                .withSubjects(subject.build())
                .build())
        .serverSideApply();
  }

  /** A service account's tokens end with it; API servers remember what they have seen for 10 s. */
  void deleteAccount(String account, String token) {
    cluster.client().serviceAccounts().inNamespace(NAMESPACE).withName(account).delete();
    var config = Config.fromKubeconfig(cluster.kubeconfig().toFile());
    config.setClientCertData(null);
    config.setClientKeyData(null);
    config.setOauthToken(token);
    awaitRefused(config);
  }

  static void awaitRefused(Config config) {
    config.setRequestRetryBackoffLimit(0);
    try (var old = new KubernetesClientBuilder().withConfig(config).build()) {
      Federation.eventually(
          "the old credentials work no more",
          () -> {
            try {
              old.namespaces().withName("kube-system").get();
              return false;
            } catch (KubernetesClientException e) {
              return e.getCode() == 401 || e.getCode() == 403;
            }
          });
    }
  }

  private static final class TokenFile extends Rotation {

    private String old = "";

    TokenFile(LocalCluster cluster, Path folder) {
      super(cluster, folder);
    }

    @Override
    void begin() {
      old = token("old");
      write(folder.resolve("token"), old);
      writeKubeconfig(cluster.url(), cluster.caCertificate().toString(), "tokenFile: token");
    }

    @Override
    void change() {
      write(folder.resolve("token"), token("new"));
    }

    @Override
    String noticed() {
      return "has another credential with a token";
    }

    @Override
    void revoke() {
      deleteAccount("old", old);
    }
  }

  private static final class CertificateFiles extends Rotation {

    CertificateFiles(LocalCluster cluster, Path folder) {
      super(cluster, folder);
    }

    private Config certificate(String user) {
      allow("User", user);
      return Config.fromKubeconfig(cluster.kubeconfigFor(user).toFile());
    }

    private void writeFiles(Config config) {
      write(folder.resolve("me.crt"), decoded(config.getClientCertData()));
      write(folder.resolve("me.key"), decoded(config.getClientKeyData()));
    }

    private static String decoded(String data) {
      return new String(Base64.getDecoder().decode(data), StandardCharsets.UTF_8);
    }

    @Override
    void begin() {
      writeFiles(certificate("old"));
      writeKubeconfig(
          cluster.url(),
          cluster.caCertificate().toString(),
          "client-certificate: me.crt, client-key: me.key");
    }

    @Override
    void change() {
      writeFiles(certificate("new"));
    }

    @Override
    String noticed() {
      return "has another credential with a certificate";
    }

    @Override
    void revoke() {
      cluster.client().rbac().clusterRoleBindings().withName("rotation-old").delete();
      awaitRefused(Config.fromKubeconfig(cluster.kubeconfigFor("old").toFile()));
    }
  }

  /** A plug-in that calls a script each time, with tokens that it says expire in seconds. */
  private static final class Plugin extends Rotation {

    private String old = "";

    Plugin(LocalCluster cluster, Path folder) {
      super(cluster, folder);
    }

    @Override
    void begin() {
      old = token("old");
      write(folder.resolve("given"), old);
      write(
          folder.resolve("plugin"),
          """
          #!/bin/sh
          end=$(date -u -d '+5 seconds' +%Y-%m-%dT%H:%M:%SZ)
          cat <<END
          {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
           "status": {"token": "$(cat "$(dirname "$0")/given")", "expirationTimestamp": "$end"}}
          END
          """);
      writeKubeconfig(
          cluster.url(),
          cluster.caCertificate().toString(),
          "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin,"
              + " interactiveMode: Never}");
    }

    @Override
    void change() {
      write(folder.resolve("given"), token("new"));
    }

    @Override
    String noticed() {
      return "has another credential with a token until "
          + Instant.now().toString().substring(0, 11);
    }

    @Override
    void revoke() {
      deleteAccount("old", old);
    }
  }

  /** Two networks in front of the same API server. */
  private static final class Address extends Rotation {

    private final FaultProxy before;
    private final FaultProxy after;

    Address(LocalCluster cluster, Path folder) {
      super(cluster, folder);
      before = cluster.faultProxy();
      after = cluster.faultProxy();
    }

    @Override
    void begin() {
      write(kubeconfig(), read(cluster.kubeconfigVia(before)));
    }

    @Override
    void change() {
      write(kubeconfig(), read(cluster.kubeconfigVia(after)));
    }

    @Override
    String noticed() {
      return "connecting anew";
    }

    @Override
    void revoke() {
      before.cut();
    }

    @Override
    public void close() {
      super.close();
      before.close();
      after.close();
    }
  }

  /** A second authority beside the first; the old file works as well as the new. */
  private static final class Authorities extends Rotation {

    private final LocalCluster other;

    Authorities(LocalCluster cluster, LocalCluster other, Path folder) {
      super(cluster, folder);
      this.other = other;
    }

    @Override
    void begin() {
      write(folder.resolve("token"), token("new"));
      write(folder.resolve("ca.crt"), read(cluster.caCertificate()));
      writeKubeconfig(cluster.url(), "ca.crt", "tokenFile: token");
    }

    @Override
    void change() {
      write(folder.resolve("ca.crt"), read(other.caCertificate()) + read(cluster.caCertificate()));
    }

    @Override
    String noticed() {
      return "connecting anew";
    }

    @Override
    void revoke() {
      // nothing of the old is wrong
    }
  }
}
