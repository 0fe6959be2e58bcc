package io.virtualnode.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Downloads the Kubernetes project's official release binaries and verifies their published
 * SHA-256.
 *
 * <p>Kubernetes publishes bare binaries; etcd and kwok are built with Go instead, if they are not
 * found.
 */
final class ReleaseDownload implements BinarySource {

  /** Where the Kubernetes project publishes its releases. */
  static final URI OFFICIAL = URI.create("https://dl.k8s.io");

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration TRANSFER_TIMEOUT = Duration.ofMinutes(5);
  private static final int OK = 200;

  private final URI base;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT_TIMEOUT)
          .followRedirects(HttpClient.Redirect.NORMAL)
          .build();

  ReleaseDownload(URI base) {
    this.base = base;
  }

  @Override
  public String description() {
    return "the official release";
  }

  @Override
  public void fetch(KubeTool tool, Path target) throws IOException, InterruptedException {
    if (!tool.goPackage().startsWith("k8s.io/kubernetes/")) {
      throw new IOException(tool.binary() + " is not published as a bare binary");
    }
    var url =
        URI.create(
            "%s/release/%s/bin/%s/%s"
                .formatted(base, KubeVersions.KUBERNETES, platform(), tool.binary()));
    var expected = readText(URI.create(url + ".sha256")).strip();
    var actual = download(url, target);
    if (!actual.equals(expected)) {
      Files.deleteIfExists(target);
      throw new IOException(
          "checksum of %s is %s, published is %s".formatted(url, actual, expected));
    }
    if (!target.toFile().setExecutable(true)) {
      throw new IOException(target + " cannot be made executable");
    }
  }

  private String readText(URI url) throws IOException, InterruptedException {
    var response =
        client.send(
            HttpRequest.newBuilder(url).timeout(CONNECT_TIMEOUT.multipliedBy(2)).build(),
            BodyHandlers.ofString());
    if (response.statusCode() != OK) {
      throw new IOException(url + ": HTTP status " + response.statusCode());
    }
    return response.body();
  }

  private String download(URI url, Path target) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(url).timeout(TRANSFER_TIMEOUT).build();
    var response = client.send(request, BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      if (response.statusCode() != OK) {
        throw new IOException(url + ": HTTP status " + response.statusCode());
      }
      var digest = MessageDigest.getInstance("SHA-256");
      Files.copy(new DigestInputStream(body, digest), target);
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static String platform() {
    var os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    var arch = System.getProperty("os.arch");
    return (os.contains("mac") ? "darwin" : "linux")
        + "/"
        + (arch.equals("aarch64") ? "arm64" : "amd64");
  }
}
