package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Downloads official release binaries. A file is used only when it has the SHA-256 that its release
 * publishes: for Kubernetes and kwok a file beside the binary, for etcd the list SHA256SUMS.
 */
final class ReleaseDownload implements ToolSource {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration FILE_TIMEOUT = Duration.ofMinutes(10);
  private static final Pattern WHITE_SPACE = Pattern.compile("\\s+");

  private final URI kubernetes;
  private final URI github;
  private final Duration answerTimeout;
  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT_TIMEOUT)
          .followRedirects(HttpClient.Redirect.NORMAL)
          .build();

  /**
   * @param kubernetes base of the Kubernetes releases
   * @param github base of etcd's and kwok's repositories
   * @param answerTimeout how long the checksum, which is asked for first, may take
   */
  ReleaseDownload(URI kubernetes, URI github, Duration answerTimeout) {
    this.kubernetes = kubernetes;
    this.github = github;
    this.answerTimeout = answerTimeout;
  }

  static ReleaseDownload official() {
    return new ReleaseDownload(
        URI.create("https://dl.k8s.io"), URI.create("https://github.com"), Duration.ofSeconds(10));
  }

  /** Where a release is: its file, the checksum of the file, and whether it is an archive. */
  private record Release(URI file, URI checksums, boolean archive) {

    String fileName() {
      String path = file.getPath();
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  @Override
  public String describe() {
    return "download of the official release";
  }

  @Override
  public void fetch(KubeTool tool, Path target, Consumer<String> progress)
      throws IOException, InterruptedException {
    Release release = release(tool);
    // The small file first: where there is no network, this is all that is waited for.
    String expected = checksum(release);
    progress.accept("downloading " + release.file());
    Path download = Files.createTempFile("virtualnode-", ".download");
    try {
      String actual = save(release.file(), download);
      if (!actual.equals(expected)) {
        throw new IOException(
            release.file() + " has SHA-256 " + actual + ", its release says " + expected);
      }
      if (release.archive()) {
        TarGz.extract(download, tool.fileName(), target);
      } else {
        Files.copy(download, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(download);
    }
  }

  private Release release(KubeTool tool) {
    String platform = operatingSystem() + "/" + architecture();
    String dashed = platform.replace('/', '-');
    return switch (tool) {
      case KUBE_APISERVER, KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER -> {
        String version = PinnedModules.version("control-plane", "k8s.io/kubernetes");
        URI file =
            under(kubernetes, "release/" + version + "/bin/" + platform + "/" + tool.fileName());
        yield new Release(file, URI.create(file + ".sha256"), false);
      }
      case ETCD -> {
        String version = PinnedModules.version("control-plane", "go.etcd.io/etcd/server/v3");
        String folder = "etcd-io/etcd/releases/download/" + version + "/";
        yield new Release(
            under(github, folder + "etcd-" + version + "-" + dashed + ".tar.gz"),
            under(github, folder + "SHA256SUMS"),
            true);
      }
      case KWOK -> {
        String version = PinnedModules.version("kwok", "sigs.k8s.io/kwok");
        URI file =
            under(github, "kubernetes-sigs/kwok/releases/download/" + version + "/kwok-" + dashed);
        yield new Release(file, URI.create(file + ".sha256"), false);
      }
    };
  }

  /** The checksum from a file that holds one, or from lines of "checksum name". */
  private String checksum(Release release) throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(
            request(release.checksums(), answerTimeout), HttpResponse.BodyHandlers.ofString(UTF_8));
    requireOk(response);
    for (String line : response.body().lines().toList()) {
      String[] parts = WHITE_SPACE.split(line.strip(), -1);
      if (parts.length == 1 || (parts.length == 2 && parts[1].equals(release.fileName()))) {
        return parts[0].toLowerCase(Locale.ROOT);
      }
    }
    throw new IOException(release.checksums() + " has no checksum of " + release.fileName());
  }

  private String save(URI uri, Path download) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(request(uri, FILE_TIMEOUT), HttpResponse.BodyHandlers.ofInputStream());
    MessageDigest digest = PinnedModules.sha256();
    try (InputStream in = new DigestInputStream(response.body(), digest);
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(download))) {
      requireOk(response);
      in.transferTo(out);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static HttpRequest request(URI uri, Duration timeout) {
    return HttpRequest.newBuilder(uri).timeout(timeout).build();
  }

  private static void requireOk(HttpResponse<?> response) throws IOException {
    if (response.statusCode() != 200) {
      throw new IOException(response.uri() + " answers " + response.statusCode());
    }
  }

  private static URI under(URI base, String path) {
    return URI.create(base + "/" + path);
  }

  private static String operatingSystem() {
    return System.getProperty("os.name").startsWith("Mac") ? "darwin" : "linux";
  }

  private static String architecture() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  }
}
