package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.virtualnode.testkit.TestkitException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Base64;
import java.util.List;

/** The directory of one cluster: certificates, kubeconfig files, data and logs. */
final class ClusterFiles {

  private static final List<String> API_SERVER_NAMES =
      List.of("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost");

  private final String clusterName;
  private final Path directory;
  private final CertificateAuthority authority;
  private final String apiServerUrl;

  private ClusterFiles(
      String clusterName, Path directory, CertificateAuthority authority, String apiServerUrl) {
    this.clusterName = clusterName;
    this.directory = directory;
    this.authority = authority;
    this.apiServerUrl = apiServerUrl;
  }

  /** Makes the directory with all that the processes read. */
  static ClusterFiles create(String clusterName, String apiServerUrl) {
    CertificateAuthority authority = new CertificateAuthority(clusterName);
    try {
      Path directory = Files.createTempDirectory("virtualnode-" + clusterName + "-");
      ClusterFiles files = new ClusterFiles(clusterName, directory, authority, apiServerUrl);
      try {
        files.writeCertificates();
        files.writeStages();
        return files;
      } catch (IOException | RuntimeException e) {
        Attempts.undo(e, files::delete);
        throw e;
      }
    } catch (IOException e) {
      throw new TestkitException(
          Reason.PREPARATION_FAILED, "cannot write the files of " + clusterName + ": " + e, e);
    }
  }

  private void writeCertificates() throws IOException {
    authority.authority().write(directory, "ca");
    authority
        .server(
            "kube-apiserver", API_SERVER_NAMES, List.of(address("127.0.0.1"), address("10.0.0.1")))
        .write(directory, "apiserver");
    authority
        .server("kube-scheduler", List.of("localhost"), List.of(address("127.0.0.1")))
        .write(directory, "scheduler");
    authority
        .client("kube-apiserver-kubelet-client", List.of("system:masters"))
        .write(directory, "kubelet-client");
    authority
        .server("system:node:simulated", List.of("localhost"), List.of(address("127.0.0.1")))
        .write(directory, "simulated-kubelet");
    KeyPair tokens = CertificateAuthority.newKeyPair();
    Credentials.writePrivate(path("service-account.key"), Credentials.privateKeyPem(tokens));
    Files.writeString(path("service-account.pub"), Credentials.publicKeyPem(tokens));
  }

  private void writeStages() throws IOException {
    String name = "stages.yaml";
    try (InputStream in =
        requireNonNull(ClusterFiles.class.getResourceAsStream(name), name + " is missing")) {
      Files.write(path(name), in.readAllBytes());
    }
  }

  /** A file of this cluster. */
  Path path(String name) {
    return directory.resolve(name);
  }

  Path directory() {
    return directory;
  }

  /** Writes a kubeconfig whose client certificate makes its bearer this user in these groups. */
  Path kubeconfig(String user, List<String> groups) {
    return kubeconfig(user.replaceAll("[^A-Za-z0-9.-]", "-"), user, groups, apiServerUrl);
  }

  /**
   * The same for a server at another address, which has the API server's certificate.
   *
   * @param name of the file, without its suffix
   */
  Path kubeconfig(String name, String user, List<String> groups, String server) {
    Path file = path(name + ".kubeconfig");
    try {
      Credentials.writePrivate(file, kubeconfigText(user, authority.client(user, groups), server));
      return file;
    } catch (IOException e) {
      throw new TestkitException(Reason.PREPARATION_FAILED, "cannot write " + file + ": " + e, e);
    }
  }

  private String kubeconfigText(String user, Credentials credentials, String server) {
    return """
        apiVersion: v1
        kind: Config
        clusters:
        - name: "%1$s"
          cluster:
            server: "%2$s"
            certificate-authority-data: "%3$s"
        users:
        - name: "%4$s"
          user:
            client-certificate-data: "%5$s"
            client-key-data: "%6$s"
        contexts:
        - name: "%1$s"
          context:
            cluster: "%1$s"
            user: "%4$s"
        current-context: "%1$s"
        """
        .formatted(
            clusterName,
            server,
            base64(authority.authority().certificatePem()),
            user,
            base64(credentials.certificatePem()),
            base64(credentials.privateKeyPem()));
  }

  /** Writes kube-scheduler's configuration: the fields, and how it reaches the API server. */
  Path schedulerConfiguration(Path kubeconfig, String fields) {
    Path file = path("kube-scheduler.yaml");
    String head =
        """
        apiVersion: kubescheduler.config.k8s.io/v1
        kind: KubeSchedulerConfiguration
        clientConnection: {kubeconfig: "%s", qps: 1000, burst: 2000}
        leaderElection: {leaderElect: false}
        """
            .formatted(kubeconfig);
    try {
      Files.writeString(file, head + fields);
      return file;
    } catch (IOException e) {
      throw new TestkitException(Reason.PREPARATION_FAILED, "cannot write " + file + ": " + e, e);
    }
  }

  void delete() {
    try {
      DirectoryTree.delete(directory);
    } catch (IOException e) {
      throw new TestkitException(
          Reason.PREPARATION_FAILED, "cannot delete " + directory + ": " + e, e);
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  private static InetAddress address(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(literal, e);
    }
  }
}
