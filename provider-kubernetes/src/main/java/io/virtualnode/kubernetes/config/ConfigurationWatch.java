package io.virtualnode.kubernetes.config;

import static java.util.Objects.requireNonNull;

import io.virtualnode.node.ApiAccess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when the configuration file has other contents, or a kubeconfig that it names leads to
 * another place: another address, or other authorities that it is known by. Credentials are not
 * looked at here: clients follow them by themselves ({@link ApiAccess}).
 *
 * <p>What counts is the contents behind the paths, read again and again; events of the file system
 * only make that sooner. So it does not matter whether a file is written, renamed over, or reached
 * through a symbolic link that is swapped, as Kubernetes does with ConfigMaps and Secrets, nor
 * whether the file system has events at all. Contents are acted on once they have stayed the same
 * for a quiet time. A faulty file is logged with all its faults and nothing else happens.
 *
 * <p>The callback runs on a thread of the watch, one call at a time. An exception from it is logged
 * and the configuration counts as delivered.
 */
public final class ConfigurationWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ConfigurationWatch.class);

  /** How often the contents are compared, whatever the file system says. */
  static final Duration POLL = Duration.ofSeconds(2);

  /** How long contents have to stay the same. */
  static final Duration QUIET = Duration.ofMillis(500);

  private static final Duration LAST_CALLBACK = Duration.ofSeconds(10);

  private final Path file;
  private final Consumer<Configuration> onChange;
  private final Duration quiet;
  private final LongSupplier nanoClock;
  private final ScheduledExecutorService scheduler;
  private final FileEvents events;

  // All below: only used on the scheduler's thread.
  private final Settling settling;
  private Configuration current;
  private List<Optional<String>> places;
  private List<Path> watched;
  private List<String> faults = List.of();
  private boolean lookScheduled;

  private ConfigurationWatch(
      Path file,
      Configuration current,
      Consumer<Configuration> onChange,
      Duration quiet,
      LongSupplier nanoClock) {
    this.file = file.toAbsolutePath();
    this.current = requireNonNull(current, "current is null");
    this.onChange = requireNonNull(onChange, "onChange is null");
    this.quiet = quiet;
    this.nanoClock = nanoClock;
    this.places = places(current);
    this.watched = watched(current);
    // The file may have changed since it was read: nothing is settled yet.
    this.settling = new Settling(quiet, "");
    this.scheduler = Executors.newSingleThreadScheduledExecutor(ConfigurationWatch::daemon);
    this.events = FileEvents.in(directories(), this::hint);
  }

  /**
   * Starts to watch.
   *
   * @param current what was read from the file and is in force
   * @param onChange gets each new valid configuration; one equal to the last if only a place
   *     changed
   */
  public static ConfigurationWatch start(
      Path file, Configuration current, Consumer<Configuration> onChange) {
    return start(file, current, onChange, POLL, QUIET, System::nanoTime);
  }

  static ConfigurationWatch start(
      Path file,
      Configuration current,
      Consumer<Configuration> onChange,
      Duration poll,
      Duration quiet,
      LongSupplier nanoClock) {
    var watch = new ConfigurationWatch(file, current, onChange, quiet, nanoClock);
    var unused =
        watch.scheduler.scheduleWithFixedDelay(
            watch::poll, 0, poll.toNanos(), TimeUnit.NANOSECONDS);
    return watch;
  }

  /** Stops watching; a callback that runs is interrupted and waited for, up to ten seconds. */
  @Override
  public void close() {
    events.close();
    scheduler.shutdownNow();
    try {
      if (!scheduler.awaitTermination(LAST_CALLBACK.toSeconds(), TimeUnit.SECONDS)) {
        log.warn("A reload of {} still runs after the watch was closed", file);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void hint() {
    try {
      scheduler.execute(this::look);
    } catch (RejectedExecutionException e) {
      log.debug("Closed while {} was changing", file);
    }
  }

  private void poll() {
    look();
    // A missing kubeconfig may have appeared, whose path a faulty file does not tell.
    if (!faults.isEmpty() && !settling.moving()) {
      orLater(this::read);
    }
  }

  private void look() {
    orLater(this::tryLook);
  }

  /** What goes wrong is no reason to look no more. */
  private void orLater(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.error("It cannot be told whether {} has changed", file, e);
    }
  }

  private void tryLook() {
    if (settling.look(Fingerprint.of(watched), nanoClock.getAsLong())) {
      read();
    } else if (settling.moving() && !lookScheduled) {
      lookScheduled = true;
      try {
        var unused = scheduler.schedule(this::lookAgain, quiet.toNanos(), TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException e) {
        log.debug("Closed while {} was changing", file);
      }
    }
  }

  private void lookAgain() {
    lookScheduled = false;
    look();
  }

  private void read() {
    try {
      var read = ConfigurationFile.read(file);
      if (!faults.isEmpty()) {
        log.info("{} is without faults again", file);
        faults = List.of();
      }
      deliver(read);
    } catch (ConfigurationException e) {
      if (!e.faults().equals(faults)) {
        faults = e.faults();
        log.error(
            "{} is faulty, the configuration before stays in force:\n  {}",
            file,
            String.join("\n  ", faults));
      }
    }
  }

  private void deliver(Configuration read) {
    var readPlaces = places(read);
    watched = watched(read);
    if (read.equals(current) && readPlaces.equals(places)) {
      return;
    }
    current = read;
    places = readPlaces;
    log.info("{} has changed and has {} members", file, read.members().size());
    try {
      onChange.accept(read);
    } catch (RuntimeException e) {
      log.error("The change of {} could not be applied", file, e);
    }
  }

  private Collection<Path> directories() {
    var directories = new TreeSet<Path>();
    watched.stream()
        .map(path -> Objects.requireNonNull(path.getParent(), "a file has a directory"))
        .forEach(directories::add);
    return directories;
  }

  private List<Path> watched(Configuration configuration) {
    var paths = new TreeSet<Path>();
    accesses(configuration).forEach(access -> paths.addAll(access.api().placeFiles()));
    return Stream.concat(Stream.of(file), paths.stream()).toList();
  }

  private static List<Optional<String>> places(Configuration configuration) {
    return accesses(configuration).map(access -> access.api().place()).toList();
  }

  private static Stream<ClusterAccess> accesses(Configuration configuration) {
    return Stream.concat(
        Stream.of(configuration.primary()),
        configuration.members().stream().map(MemberSettings::access));
  }

  private static Thread daemon(Runnable task) {
    var thread = new Thread(task, "configuration-watch");
    thread.setDaemon(true);
    return thread;
  }
}
