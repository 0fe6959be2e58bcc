package io.virtualnode.kubernetes.config;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.Collection;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hints that something in some directories may have changed. A hint may come for nothing, and none
 * may come: a machine can be out of inotify watches, a network file system has no events.
 */
final class FileEvents implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(FileEvents.class);

  private final Optional<WatchService> service;

  private FileEvents(Optional<WatchService> service) {
    this.service = service;
  }

  /** Runs the hint on a thread of its own after each event, until closed. */
  static FileEvents in(Collection<Path> directories, Runnable hint) {
    try {
      var service = FileSystems.getDefault().newWatchService();
      directories.forEach(directory -> register(service, directory));
      var thread = new Thread(() -> forward(service, hint), "configuration-events");
      thread.setDaemon(true);
      thread.start();
      return new FileEvents(Optional.of(service));
    } catch (IOException | UnsupportedOperationException e) {
      log.info("No file events: changes are found by polling", e);
      return new FileEvents(Optional.empty());
    }
  }

  @Override
  public void close() {
    try {
      if (service.isPresent()) {
        service.get().close();
      }
    } catch (IOException e) {
      log.debug("Closing the file events failed", e);
    }
  }

  private static void register(WatchService service, Path directory) {
    try {
      directory.register(
          service,
          StandardWatchEventKinds.ENTRY_CREATE,
          StandardWatchEventKinds.ENTRY_MODIFY,
          StandardWatchEventKinds.ENTRY_DELETE);
    } catch (IOException e) {
      log.info("No file events in {}: changes are found by polling", directory, e);
    }
  }

  private static void forward(WatchService service, Runnable hint) {
    try {
      while (true) {
        var key = service.take();
        key.pollEvents();
        key.reset();
        hint.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ClosedWatchServiceException e) {
      log.debug("File events closed");
    }
  }
}
