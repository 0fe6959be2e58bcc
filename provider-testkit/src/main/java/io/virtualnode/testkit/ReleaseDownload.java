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
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Downloads official release binaries, which there are for Linux. A file is used only if it has the
 * SHA-256 that its release publishes: for Kubernetes a file beside the binary, for etcd the list
 * SHA256SUMS. Where a release publishes none, as kwok's, it must be in this testkit's own list.
 */
final class ReleaseDownload implements ToolSource {

  private static final Pattern WHITE_SPACE = Pattern.compile("\\s+");

  private final URI kubernetes;
  private final URI github;
  private final String platform;
  private final Map<String, String> pinned;
  private final Timeouts timeouts;
  private final HttpClient http;

  /**
   * How long things may take.
   *
   * @param connect to reach a server
   * @param answer until it answers
   * @param transfer then, for a file
   */
  record Timeouts(Duration connect, Duration answer, Transfer.Limits transfer) {

    static final Timeouts USUAL =
        new Timeouts(
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            new Transfer.Limits(
                Duration.ofSeconds(30), Duration.ofMinutes(10), Duration.ofSeconds(10)));
  }

  /**
   * Releases of a site.
   *
   * @param kubernetes base of the Kubernetes releases
   * @param github base of etcd's and kwok's repositories
   * @param platform such as {@code linux/amd64}
   * @param pinned checksums by {@code tool/version/file} of releases that publish none
   */
  ReleaseDownload(
      URI kubernetes, URI github, String platform, Map<String, String> pinned, Timeouts timeouts) {
    this.kubernetes = kubernetes;
    this.github = github;
    this.platform = platform;
    this.pinned = Map.copyOf(pinned);
    this.timeouts = timeouts;
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(timeouts.connect())
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
  }

  static ReleaseDownload official() {
    return new ReleaseDownload(
        URI.create("https://dl.k8s.io"),
        URI.create("https://github.com"),
        operatingSystem() + "/" + architecture(),
        PinnedModules.checksums(),
        Timeouts.USUAL);
  }

  /**
   * Where a release is.
   *
   * @param checksums where it publishes them; empty if it does not
   * @param pin by what its own checksum is found then
   */
  private record Release(URI file, Optional<URI> checksums, String pin, boolean archive) {

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
    Path download = target.resolveSibling(tool.fileName() + ".download");
    String actual = save(release.file(), download, progress);
    if (!actual.equals(expected)) {
      throw new IOException(
          release.file() + " has SHA-256 " + actual + ", its release says " + expected);
    }
    if (release.archive()) {
      TarGz.extract(download, tool.fileName(), target);
    } else {
      Files.move(download, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private Release release(KubeTool tool) throws IOException {
    if (!platform.startsWith("linux/")) {
      throw new IOException("releases for " + platform + " are not used: it needs Go there");
    }
    String dashed = platform.replace('/', '-');
    return switch (tool) {
      case KUBE_APISERVER, KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER -> {
        String version = PinnedModules.version("control-plane", "k8s.io/kubernetes");
        URI file =
            under(kubernetes, "release/" + version + "/bin/" + platform + "/" + tool.fileName());
        yield new Release(file, Optional.of(URI.create(file + ".sha256")), "", false);
      }
      case ETCD -> {
        String version = PinnedModules.version("control-plane", "go.etcd.io/etcd/server/v3");
        String folder = "etcd-io/etcd/releases/download/" + version + "/";
        yield new Release(
            under(github, folder + "etcd-" + version + "-" + dashed + ".tar.gz"),
            Optional.of(under(github, folder + "SHA256SUMS")),
            "",
            true);
      }
      case KWOK -> {
        String version = PinnedModules.version("kwok", "sigs.k8s.io/kwok");
        String file = version + "/kwok-" + dashed;
        yield new Release(
            under(github, "kubernetes-sigs/kwok/releases/download/" + file),
            Optional.empty(),
            "kwok/" + file,
            false);
      }
    };
  }

  private String checksum(Release release) throws IOException, InterruptedException {
    if (release.checksums().isPresent()) {
      return published(release.checksums().get(), release.fileName());
    }
    String checksum = pinned.get(release.pin());
    if (checksum == null) {
      throw new IOException(
          "no checksum of " + release.pin() + " is known, which its release does not publish");
    }
    return checksum;
  }

  /** The checksum from a file that holds one, or from lines of "checksum name". */
  private String published(URI checksums, String fileName)
      throws IOException, InterruptedException {
    HttpResponse<String> response =
        http.send(request(checksums), HttpResponse.BodyHandlers.ofString(UTF_8));
    requireOk(response);
    for (String line : response.body().lines().toList()) {
      String[] parts = WHITE_SPACE.split(line.strip(), -1);
      if (parts.length == 1 || (parts.length == 2 && parts[1].equals(fileName))) {
        return parts[0].toLowerCase(Locale.ROOT);
      }
    }
    throw new IOException(checksums + " has no checksum of " + fileName);
  }

  private String save(URI uri, Path download, Consumer<String> progress)
      throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(request(uri), HttpResponse.BodyHandlers.ofInputStream());
    MessageDigest digest = PinnedModules.sha256();
    try (InputStream in = response.body();
        OutputStream file = new BufferedOutputStream(Files.newOutputStream(download));
        OutputStream out = new DigestOutputStream(file, digest)) {
      requireOk(response);
      Transfer.copy(uri.toString(), in, out, timeouts.transfer(), progress);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Its timeout is that of the answer; a body may take longer. */
  private HttpRequest request(URI uri) {
    return HttpRequest.newBuilder(uri).timeout(timeouts.answer()).build();
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
