package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.virtualnode.testkit.TestkitException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeBinariesTest {

  @TempDir private Path temporary = Path.of("");

  private final Map<String, byte[]> served = new ConcurrentHashMap<>();
  private final List<String> requested = new CopyOnWriteArrayList<>();
  private final List<String> progress = new CopyOnWriteArrayList<>();
  private final CountDownLatch slowEnds = new CountDownLatch(1);
  private final ExecutorService serverThreads = Executors.newCachedThreadPool();
  private HttpServer server = unstarted();
  private boolean slow;

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(serverThreads);
    server.createContext("/", this::answer);
    server.start();
    publishReleases();
  }

  @AfterEach
  void stopServer() {
    slowEnds.countDown();
    server.stop(0);
    serverThreads.shutdownNow();
  }

  @Test
  @DisplayName("binaries in KUBEBUILDER_ASSETS come first; what is missing there is fetched")
  void assetsFirst() throws IOException {
    Path assets = Files.createDirectory(temporary.resolve("assets"));
    Path etcd = executable(assets.resolve("etcd"), "own etcd");
    KubeBinaries found = locate(Map.of("KUBEBUILDER_ASSETS", assets.toString()), download());
    assertThat(found.path(KubeTool.ETCD)).isEqualTo(etcd);
    assertThat(found.path(KubeTool.KWOK)).hasContent("release of kwok").isExecutable();
    assertThat(requested).noneMatch(path -> path.contains("etcd"));
  }

  @Test
  @DisplayName("releases are downloaded once and taken from the cache then")
  void downloadedOnce() {
    KubeBinaries first = locate(Map.of(), download());
    for (KubeTool tool : KubeTool.values()) {
      assertThat(first.path(tool)).hasContent("release of " + tool.fileName()).isExecutable();
    }
    requested.clear();
    KubeBinaries second = locate(Map.of(), download());
    assertThat(second.path(KubeTool.ETCD)).isEqualTo(first.path(KubeTool.ETCD));
    assertThat(requested).isEmpty();
  }

  @Test
  @DisplayName("a wrong checksum falls through to the next source and leaves nothing in the cache")
  void wrongChecksum() throws IOException {
    served.replaceAll(
        (path, body) -> path.endsWith("/kube-scheduler") ? "tampered".getBytes(UTF_8) : body);
    KubeBinaries found = locate(Map.of(), download(), new FakeBuild());
    assertThat(found.path(KubeTool.KUBE_SCHEDULER)).hasContent("built kube-scheduler");
    assertThat(found.path(KubeTool.KUBE_APISERVER)).hasContent("release of kube-apiserver");
    assertThat(progress)
        .filteredOn(line -> line.contains("has SHA-256"))
        .singleElement()
        .asString()
        .startsWith("kube-scheduler not available by download");
    assertNothingPartial();
  }

  @Test
  @DisplayName(
      "a wrong checksum without another source fails, says what to install, caches nothing")
  void wrongChecksumAlone() throws IOException {
    served.replaceAll((path, body) -> path.endsWith("/kube-apiserver") ? new byte[1] : body);
    assertThatThrownBy(() -> locate(Map.of(), download()))
        .isInstanceOfSatisfying(
            TestkitException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BINARY_MISSING))
        .hasMessageContaining("no kube-apiserver")
        .hasMessageContaining("install Go");
    try (Stream<Path> files = Files.walk(temporary)) {
      assertThat(files.map(file -> file.getFileName().toString())).doesNotContain("kube-apiserver");
    }
    assertNothingPartial();
  }

  @Test
  @DisplayName("a release without a published checksum is not used")
  void noChecksum() {
    served.keySet().removeIf(path -> path.endsWith("/SHA256SUMS"));
    KubeBinaries found = locate(Map.of(), download(), new FakeBuild());
    assertThat(found.path(KubeTool.ETCD)).hasContent("built etcd");
    assertThat(requested).noneMatch(path -> path.endsWith(".tar.gz"));
  }

  @Test
  @DisplayName("a server that does not answer costs its timeout and no more")
  void slowServer() {
    slow = true;
    ReleaseDownload impatient = new ReleaseDownload(base(), base(), Duration.ofMillis(100));
    long started = System.nanoTime();
    KubeBinaries found = locate(Map.of(), impatient, new FakeBuild());
    assertThat(found.path(KubeTool.KWOK)).hasContent("built kwok");
    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
  }

  @Test
  @DisplayName("an unreachable server falls through")
  void unreachableServer() {
    URI closed = URI.create("http://127.0.0.1:1");
    ReleaseDownload unreachable = new ReleaseDownload(closed, closed, Duration.ofSeconds(1));
    assertThat(locate(Map.of(), unreachable, new FakeBuild()).path(KubeTool.ETCD))
        .hasContent("built etcd");
  }

  @Test
  @DisplayName("two who look at the same time build once")
  void builtOnce() {
    FakeBuild build = new FakeBuild();
    List<KubeBinaries> all =
        IntStream.range(0, 4).parallel().mapToObj(i -> locate(Map.of(), build)).toList();
    assertThat(all).hasSize(4);
    assertThat(build.count).hasValue(KubeTool.values().length);
  }

  @Test
  @DisplayName("the cache is where VIRTUALNODE_CACHE says, else under XDG_CACHE_HOME, by key")
  void cacheDirectory() {
    String key = PinnedModules.cacheKey();
    assertThat(key).matches("[0-9a-f]{16}");
    assertThat(locate(Map.of(), new FakeBuild()).path(KubeTool.ETCD))
        .isEqualTo(temporary.resolve("cache/kube").resolve(key).resolve("etcd"));
    Map<String, String> xdg = Map.of("XDG_CACHE_HOME", temporary.resolve("xdg").toString());
    assertThat(
            KubeBinaries.locate(xdg, List.of(new FakeBuild()), progress::add).path(KubeTool.ETCD))
        .isEqualTo(temporary.resolve("xdg/virtualnode/kube").resolve(key).resolve("etcd"));
  }

  @Test
  @DisplayName("without Go the build says so")
  void noGo() {
    assertThatThrownBy(() -> locate(Map.of(), new GoBuild("no-such-go")))
        .hasMessageContaining("install Go")
        .hasMessageContaining("no-such-go");
  }

  private KubeBinaries locate(Map<String, String> environment, ToolSource... sources) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("VIRTUALNODE_CACHE", temporary.resolve("cache").toString());
    return KubeBinaries.locate(all, List.of(sources), progress::add);
  }

  private ReleaseDownload download() {
    return new ReleaseDownload(base(), base(), Duration.ofSeconds(5));
  }

  private URI base() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void assertNothingPartial() throws IOException {
    try (Stream<Path> files = Files.walk(temporary)) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".part"));
    }
  }

  private static Path executable(Path file, String content) throws IOException {
    Files.writeString(file, content);
    assertThat(file.toFile().setExecutable(true)).isTrue();
    return file;
  }

  /** Serves what the official sites do, for every platform that the tests may run on. */
  private void publishReleases() throws IOException {
    for (String platform : List.of("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")) {
      String dashed = platform.replace('/', '-');
      for (String tool : List.of("kube-apiserver", "kube-controller-manager", "kube-scheduler")) {
        publish("/release/v1.37.2/bin/" + platform + "/" + tool, tool);
      }
      publish("/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-" + dashed, "kwok");
      String etcd = "etcd-v3.7.0-" + dashed + ".tar.gz";
      byte[] archive = tarGz("etcd-v3.7.0-" + dashed + "/etcd", "release of etcd");
      String folder = "/etcd-io/etcd/releases/download/v3.7.0/";
      served.put(folder + etcd, archive);
      byte[] line = (sha256(archive) + "  " + etcd + "\n").getBytes(UTF_8);
      served.merge(folder + "SHA256SUMS", line, KubeBinariesTest::concatenated);
    }
  }

  private void publish(String path, String tool) {
    byte[] body = ("release of " + tool).getBytes(UTF_8);
    served.put(path, body);
    served.put(path + ".sha256", sha256(body).getBytes(UTF_8));
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    requested.add(path);
    if (slow) {
      try {
        slowEnds.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    byte[] body = served.get(path);
    exchange.sendResponseHeaders(body == null ? 404 : 200, body == null ? -1 : body.length);
    if (body != null) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  private static HttpServer unstarted() {
    try {
      return HttpServer.create();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String sha256(byte[] body) {
    return HexFormat.of().formatHex(PinnedModules.sha256().digest(body));
  }

  private static byte[] concatenated(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] tarGz(String name, String content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      for (String entry : new ArrayList<>(List.of("README.md", name))) {
        byte[] body = (entry.equals(name) ? content : "text ".repeat(200)).getBytes(UTF_8);
        byte[] header = new byte[512];
        System.arraycopy(entry.getBytes(UTF_8), 0, header, 0, entry.length());
        byte[] size = "%011o".formatted(body.length).getBytes(UTF_8);
        System.arraycopy(size, 0, header, 124, size.length);
        out.write(header);
        out.write(Arrays.copyOf(body, (body.length + 511) / 512 * 512));
      }
      out.write(new byte[1024]);
    }
    return bytes.toByteArray();
  }

  private static final class FakeBuild implements ToolSource {

    private final AtomicInteger count = new AtomicInteger();

    @Override
    public String describe() {
      return "fake build";
    }

    @Override
    public void fetch(KubeTool tool, Path target, Consumer<String> lines) throws IOException {
      count.incrementAndGet();
      Files.writeString(target, "built " + tool.fileName());
    }
  }
}
