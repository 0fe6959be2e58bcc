package io.virtualnode.testkit;

import io.virtualnode.testkit.TestkitException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The per-user directory of binaries. A binary appears there under its name only when it is
 * complete; a file lock makes a second process wait for the first one's download or build.
 */
final class BinaryCache {

  // File locks belong to the whole JVM, so its threads need one of their own.
  private static final Lock THREADS = new ReentrantLock();

  private static final String PART = ".part-";

  private final Path directory;
  private final List<ToolSource> sources;
  private final Consumer<String> progress;

  BinaryCache(Path directory, List<ToolSource> sources, Consumer<String> progress) {
    this.directory = directory;
    this.sources = List.copyOf(sources);
    this.progress = progress;
  }

  /** The cached binary, fetched from the first source that has it. */
  Path get(KubeTool tool) {
    Path binary = directory.resolve(tool.fileName());
    if (Files.isExecutable(binary)) {
      return binary;
    }
    try {
      Files.createDirectories(directory);
      THREADS.lockInterruptibly();
      try (FileChannel channel =
              FileChannel.open(
                  directory.resolve(tool.fileName() + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = lock(channel, tool)) {
        if (lock.isValid() && !Files.isExecutable(binary)) {
          fetch(tool, binary);
        }
      } finally {
        THREADS.unlock();
      }
    } catch (IOException e) {
      throw new TestkitException(
          Reason.PREPARATION_FAILED, "cannot use the cache " + directory + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException(
          Reason.BINARY_MISSING, "interrupted while waiting for " + tool.fileName(), e);
    }
    return binary;
  }

  private FileLock lock(FileChannel channel, KubeTool tool) throws IOException {
    FileLock lock = channel.tryLock();
    if (lock != null) {
      return lock;
    }
    progress.accept("waiting for another process that fetches " + tool.fileName());
    return channel.lock();
  }

  private void fetch(KubeTool tool, Path binary) throws IOException, InterruptedException {
    deleteStale(tool);
    List<String> faults = new ArrayList<>();
    for (ToolSource source : sources) {
      Path scratch = Files.createTempDirectory(directory, tool.fileName() + PART);
      Path partial = scratch.resolve(tool.fileName());
      try {
        source.fetch(tool, partial, progress);
        if (!partial.toFile().setExecutable(true, false)) {
          throw new IOException("cannot make " + partial + " executable");
        }
        Files.move(
            partial, binary, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        progress.accept(tool.fileName() + " is ready: " + binary);
        return;
      } catch (IOException e) {
        String fault = source.describe() + ": " + e;
        faults.add(fault);
        progress.accept(tool.fileName() + " not available by " + fault);
      } finally {
        DirectoryTree.delete(scratch);
      }
    }
    throw new TestkitException(
        Reason.BINARY_MISSING,
        "no "
            + tool.fileName()
            + ": install Go 1.26 or later (https://go.dev/dl), or give access to dl.k8s.io and"
            + " github.com, or set KUBEBUILDER_ASSETS to a directory that holds it. Tried:\n  "
            + String.join("\n  ", faults));
  }

  /** What a fetch that was killed has left. Whoever holds the tool's lock is the only one. */
  private void deleteStale(KubeTool tool) throws IOException {
    List<Path> stale = new ArrayList<>();
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(directory, tool.fileName() + PART + "*")) {
      entries.forEach(stale::add);
    }
    for (Path entry : stale) {
      DirectoryTree.delete(entry);
    }
  }
}
