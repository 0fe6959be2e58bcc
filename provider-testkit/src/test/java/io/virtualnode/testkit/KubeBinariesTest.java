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
import java.util.concurrent.TimeUnit;
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

  private static final ReleaseDownload.Timeouts PATIENT =
      new ReleaseDownload.Timeouts(
          Duration.ofSeconds(5),
          Duration.ofSeconds(5),
          new Transfer.Limits(
              Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofSeconds(10)));
  private static final ReleaseDownload.Timeouts IMPATIENT =
      new ReleaseDownload.Timeouts(
          Duration.ofSeconds(5),
          Duration.ofMillis(200),
          new Transfer.Limits(
              Duration.ofMillis(200), Duration.ofSeconds(1), Duration.ofMillis(300)));

  @TempDir private Path temporary = Path.of("");

  private final Map<String, byte[]> served = new ConcurrentHashMap<>();
  private final List<String> requested = new CopyOnWriteArrayList<>();
  private final List<String> progress = new CopyOnWriteArrayList<>();
  private final Map<String, String> pinned = new HashMap<>();
  private final CountDownLatch testEnds = new CountDownLatch(1);
  private final ExecutorService serverThreads = Executors.newCachedThreadPool();
  private HttpServer server = unstarted();
  private boolean answersNever;
  private String stalls = "nothing";
  private String trickles = "nothing";

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
    testEnds.countDown();
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
    assertNothingElse();
  }

  @Test
  @DisplayName("what an official list does not publish has to be pinned, or is not downloaded")
  void notPinned() {
    pinned.clear();
    KubeBinaries found = locate(Map.of(), download(), new FakeBuild());
    assertThat(found.path(KubeTool.KWOK)).hasContent("built kwok");
    assertThat(requested).noneMatch(path -> path.contains("kwok"));
    assertThat(progress)
        .anyMatch(line -> line.contains("no checksum of kwok/v0.8.0/kwok-linux-amd64 is known"));
  }

  @Test
  @DisplayName("a release that is not the one that was pinned is not used")
  void anotherThanPinned() {
    pinned.replaceAll((file, checksum) -> "0".repeat(64));
    assertThat(locate(Map.of(), download(), new FakeBuild()).path(KubeTool.KWOK))
        .hasContent("built kwok");
  }

  @Test
  @DisplayName("the kwok that the modules ask for is pinned for Linux")
  void pins() {
    String version = PinnedModules.version("kwok", "sigs.k8s.io/kwok");
    assertThat(PinnedModules.checksums())
        .containsKeys(
            "kwok/" + version + "/kwok-linux-amd64", "kwok/" + version + "/kwok-linux-arm64");
    assertThat(PinnedModules.checksums().values()).allMatch(sum -> sum.matches("[0-9a-f]{64}"));
  }

  @Test
  @DisplayName("where there is no release the build is next")
  void otherPlatform() {
    ReleaseDownload mac = new ReleaseDownload(base(), base(), "darwin/arm64", pinned, PATIENT);
    assertThat(locate(Map.of(), mac, new FakeBuild()).path(KubeTool.ETCD)).hasContent("built etcd");
    assertThat(requested).isEmpty();
    assertThat(progress).anyMatch(line -> line.contains("darwin/arm64"));
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
    assertNothingElse();
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
    answersNever = true;
    long started = System.nanoTime();
    KubeBinaries found = locate(Map.of(), download(IMPATIENT), new FakeBuild());
    assertThat(found.path(KubeTool.KWOK)).hasContent("built kwok");
    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  @DisplayName("a download that stalls is given up, and leaves nothing")
  void stalledDownload() throws IOException {
    stalls = "/kwok-linux-amd64";
    KubeBinaries found = locate(Map.of(), download(IMPATIENT), new FakeBuild());
    assertThat(found.path(KubeTool.KWOK)).hasContent("built kwok");
    assertThat(progress)
        .anyMatch(line -> line.contains("nothing has come for 200 ms, after 7 bytes"));
    assertNothingElse();
  }

  @Test
  @DisplayName("a download that trickles tells how far it is, and is given up at its deadline")
  void tricklingDownload() {
    trickles = "/kwok-linux-amd64";
    KubeBinaries found = locate(Map.of(), download(IMPATIENT), new FakeBuild());
    assertThat(found.path(KubeTool.KWOK)).hasContent("built kwok");
    assertThat(progress)
        .anyMatch(line -> line.matches("downloading .*kwok-linux-amd64: 0 MB after .* ms"))
        .anyMatch(line -> line.contains("it takes longer than 1000 ms"));
  }

  @Test
  @DisplayName("what killed fetches have left is deleted by the next one, of the same tool only")
  void staleScratch() throws IOException {
    Path kube = temporary.resolve("cache/kube").resolve(PinnedModules.cacheKey());
    Path stale = kube.resolve("kwok.part-123");
    Files.writeString(
        Files.createDirectories(stale.resolve("module")).resolve("go.mod"), "module x");
    Path other = Files.createDirectories(kube.resolve("else.part-123"));
    locate(Map.of(), download());
    assertThat(stale).doesNotExist();
    assertThat(other).exists();
  }

  @Test
  @DisplayName("an unreachable server falls through")
  void unreachableServer() {
    URI closed = URI.create("http://127.0.0.1:1");
    ReleaseDownload unreachable =
        new ReleaseDownload(closed, closed, "linux/amd64", pinned, PATIENT);
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
    return download(PATIENT);
  }

  private ReleaseDownload download(ReleaseDownload.Timeouts timeouts) {
    return new ReleaseDownload(base(), base(), "linux/amd64", pinned, timeouts);
  }

  private URI base() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Nothing but binaries and locks. */
  private void assertNothingElse() throws IOException {
    try (Stream<Path> files = Files.walk(temporary)) {
      assertThat(files.filter(file -> file.toString().contains(".part")).toList()).isEmpty();
    }
  }

  private static Path executable(Path file, String content) throws IOException {
    Files.writeString(file, content);
    assertThat(file.toFile().setExecutable(true)).isTrue();
    return file;
  }

  /** Serves what the official sites do, and nothing that they do not. */
  private void publishReleases() throws IOException {
    for (String tool : List.of("kube-apiserver", "kube-controller-manager", "kube-scheduler")) {
      String path = "/release/v1.37.2/bin/linux/amd64/" + tool;
      byte[] body = publish(path, tool);
      served.put(path + ".sha256", sha256(body).getBytes(UTF_8));
    }
    byte[] kwok =
        publish("/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-linux-amd64", "kwok");
    pinned.put("kwok/v0.8.0/kwok-linux-amd64", sha256(kwok));
    byte[] archive = tarGz("etcd-v3.7.0-linux-amd64/etcd", "release of etcd");
    String folder = "/etcd-io/etcd/releases/download/v3.7.0/";
    served.put(folder + "etcd-v3.7.0-linux-amd64.tar.gz", archive);
    String sums =
        ("0".repeat(64) + "  etcd-v3.7.0-linux-arm64.tar.gz\n")
            + (sha256(archive) + "  etcd-v3.7.0-linux-amd64.tar.gz\n");
    served.put(folder + "SHA256SUMS", sums.getBytes(UTF_8));
  }

  private byte[] publish(String path, String tool) {
    byte[] body = ("release of " + tool).getBytes(UTF_8);
    served.put(path, body);
    return body;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    requested.add(path);
    if (answersNever) {
      awaitEnd(Duration.ofMinutes(1));
    }
    byte[] body = served.get(path);
    exchange.sendResponseHeaders(body == null ? 404 : 200, body == null ? -1 : body.length);
    if (body != null) {
      write(path, body, exchange.getResponseBody());
    }
    exchange.close();
  }

  private void write(String path, byte[] body, OutputStream out) throws IOException {
    if (path.endsWith(stalls)) {
      out.write(body, 0, 7);
      out.flush();
      awaitEnd(Duration.ofMinutes(1));
    }
    if (path.endsWith(trickles)) {
      for (byte one : body) {
        out.write(one);
        out.flush();
        awaitEnd(Duration.ofMillis(100));
      }
      return;
    }
    out.write(body);
  }

  private void awaitEnd(Duration limit) {
    try {
      testEnds.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
