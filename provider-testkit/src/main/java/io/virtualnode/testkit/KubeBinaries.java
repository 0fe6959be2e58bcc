package io.virtualnode.testkit;

import static java.util.Objects.requireNonNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The binaries of a local cluster: etcd, kube-apiserver, kube-controller-manager, kube-scheduler
 * and kwok. Each is looked for in {@code KUBEBUILDER_ASSETS} (the convention of envtest), then in
 * the per-user cache ({@code VIRTUALNODE_CACHE}, else {@code $XDG_CACHE_HOME/virtualnode}, else
 * {@code ~/.cache/virtualnode}), which is filled from the official releases or, without access to
 * these, by a build with Go.
 */
public final class KubeBinaries {

  private final Map<KubeTool, Path> paths;

  private KubeBinaries(Map<KubeTool, Path> paths) {
    this.paths = new EnumMap<>(paths);
  }

  /**
   * Finds or fetches all binaries; progress goes to standard error. The first time on a machine
   * this may take many minutes.
   *
   * @throws TestkitException when one is not to be had
   */
  public static KubeBinaries locate() {
    return locate(line -> System.err.println("[testkit] " + line));
  }

  /**
   * Finds or fetches all binaries.
   *
   * @param progress takes a line whenever something is fetched or built, and every ten seconds then
   * @throws TestkitException when one is not to be had
   */
  public static KubeBinaries locate(Consumer<String> progress) {
    Map<String, String> environment = System.getenv();
    List<ToolSource> sources = List.of(ReleaseDownload.official(), new GoBuild("go"));
    return locate(environment, sources, progress);
  }

  static KubeBinaries locate(
      Map<String, String> environment, List<ToolSource> sources, Consumer<String> progress) {
    Path directory = cacheRoot(environment).resolve("kube").resolve(PinnedModules.cacheKey());
    BinaryCache cache = new BinaryCache(directory, sources, progress);
    Map<KubeTool, Path> paths = new EnumMap<>(KubeTool.class);
    for (KubeTool tool : KubeTool.values()) {
      paths.put(tool, inAssets(environment, tool).orElseGet(() -> cache.get(tool)));
    }
    return new KubeBinaries(paths);
  }

  private static Optional<Path> inAssets(Map<String, String> environment, KubeTool tool) {
    return setting(environment, "KUBEBUILDER_ASSETS")
        .map(assets -> Path.of(assets).toAbsolutePath().resolve(tool.fileName()))
        .filter(Files::isExecutable);
  }

  private static Path cacheRoot(Map<String, String> environment) {
    return setting(environment, "VIRTUALNODE_CACHE")
        .map(Path::of)
        .orElseGet(
            () ->
                setting(environment, "XDG_CACHE_HOME")
                    .map(Path::of)
                    .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                    .resolve("virtualnode"))
        .toAbsolutePath();
  }

  private static Optional<String> setting(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  Path path(KubeTool tool) {
    return requireNonNull(paths.get(tool), "no path");
  }

  /** Prepares the cache from the command line, so that tests which follow start at once. */
  public static void main(String[] args) {
    try {
      KubeBinaries binaries = locate();
      for (KubeTool tool : KubeTool.values()) {
        System.out.println(binaries.path(tool));
      }
    } catch (TestkitException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }
}
