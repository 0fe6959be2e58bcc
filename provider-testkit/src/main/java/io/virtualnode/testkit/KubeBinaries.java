package io.virtualnode.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the programs of a cluster, and gets those that this machine does not have.
 *
 * <p>In this order: the folder that {@code KUBEBUILDER_ASSETS} names; a per-user cache outside any
 * checkout ({@code VIRTUALNODE_CACHE}, else {@code XDG_CACHE_HOME} or {@code ~/.cache}, below it
 * {@code virtualnode/kube}), keyed by the pinned versions; the official release binaries, checksums
 * verified; a build from pinned modules with Go. What was got goes into the cache, one process at a
 * time, complete or not at all.
 */
public final class KubeBinaries {

  private final Map<KubeTool, Path> paths;

  private KubeBinaries(Map<KubeTool, Path> paths) {
    this.paths = paths;
  }

  /**
   * All programs of a cluster; blocks while they are got, which takes minutes the first time.
   *
   * @param progress takes lines for a person who waits
   * @throws TestkitException if a program cannot be had, with what was tried
   */
  public static KubeBinaries locate(Consumer<String> progress) {
    return locate(
        System::getenv,
        List.of(new ReleaseDownload(ReleaseDownload.OFFICIAL), new GoBuild(progress)),
        progress);
  }

  static KubeBinaries locate(
      UnaryOperator<@Nullable String> environment,
      List<BinarySource> sources,
      Consumer<String> progress) {
    var paths = new EnumMap<KubeTool, Path>(KubeTool.class);
    for (var tool : KubeTool.values()) {
      var asset = asset(environment.apply("KUBEBUILDER_ASSETS"), tool);
      paths.put(
          tool, asset != null ? asset : cached(cacheFolder(environment), tool, sources, progress));
    }
    return new KubeBinaries(paths);
  }

  /** Where a program is. */
  public Path path(KubeTool tool) {
    var path = paths.get(tool);
    if (path == null) {
      throw new IllegalStateException(tool + " was not located");
    }
    return path;
  }

  /** Fills the cache, so that what follows finds everything there. */
  public static void main(String[] args) {
    locate(System.err::println);
  }

  private static @Nullable Path asset(@Nullable String folder, KubeTool tool) {
    if (folder == null || folder.isEmpty()) {
      return null;
    }
    var path = Path.of(folder, tool.binary());
    return Files.isExecutable(path) ? path : null;
  }

  private static Path cacheFolder(UnaryOperator<@Nullable String> environment) {
    var own = environment.apply("VIRTUALNODE_CACHE");
    if (own != null && !own.isEmpty()) {
      return Path.of(own, "kube");
    }
    var xdg = environment.apply("XDG_CACHE_HOME");
    var base =
        xdg == null || xdg.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    return base.resolve("virtualnode").resolve("kube");
  }

  private static Path cached(
      Path cache, KubeTool tool, List<BinarySource> sources, Consumer<String> progress) {
    var folder = cache.resolve(new GoModule(tool.module()).digest());
    var path = folder.resolve(tool.binary());
    if (Files.isExecutable(path)) {
      return path;
    }
    try {
      Files.createDirectories(folder);
      try (var channel =
              FileChannel.open(
                  folder.resolve(tool.binary() + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var lock = channel.lock()) {
        if (lock.isValid() && !Files.isExecutable(path)) {
          fetch(tool, path, sources, progress);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cache " + folder + " cannot be used", e);
    }
    return path;
  }

  private static void fetch(
      KubeTool tool, Path path, List<BinarySource> sources, Consumer<String> progress)
      throws IOException {
    var failures = new ArrayList<String>();
    for (var source : sources) {
      var unfinished = path.resolveSibling(tool.binary() + ".unfinished");
      Files.deleteIfExists(unfinished);
      try {
        progress.accept("getting %s: %s".formatted(tool.binary(), source.description()));
        source.fetch(tool, unfinished);
        Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (IOException e) {
        failures.add(source.description() + ": " + e);
        progress.accept("  not from %s: %s".formatted(source.description(), e.getMessage()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TestkitException("interrupted while getting " + tool.binary(), e);
      } finally {
        Files.deleteIfExists(unfinished);
      }
    }
    throw new TestkitException(
        "%s cannot be had. Tried:%n  %s%nInstall Go 1.26 or later, or set KUBEBUILDER_ASSETS to a folder that has it."
            .formatted(tool.binary(), String.join("\n  ", failures)));
  }
}
