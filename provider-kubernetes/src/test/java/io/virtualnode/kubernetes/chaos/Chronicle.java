package io.virtualnode.kubernetes.chaos;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Writes down with its time whatever is done and seen, so that a fault can be followed to its
 * cause; and counts what is done. Thread-safe.
 */
final class Chronicle implements AutoCloseable {

  private final PrintWriter out; // guarded by this
  private final SortedMap<String, Integer> done = new TreeMap<>(); // guarded by this

  Chronicle(Path file) {
    try {
      out = new PrintWriter(Files.newBufferedWriter(file), true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Something was done, to that. */
  synchronized void done(String what, Object to) {
    done.merge(what, 1, Integer::sum);
    write("DONE " + what + ": " + to);
  }

  /** A cluster shows a pod, or shows that it is gone. */
  synchronized void seen(String cluster, Pod pod, boolean there) {
    var metadata = pod.getMetadata();
    var status = pod.getStatus();
    write(
        "%s %s%s %s rv=%s node=%s deleting=%s %s %s %s labels=%s"
            .formatted(
                cluster,
                there ? "" : "GONE ",
                metadata.getName(),
                metadata.getUid(),
                metadata.getResourceVersion(),
                pod.getSpec().getNodeName(),
                metadata.getDeletionTimestamp(),
                status.getPhase(),
                status.getReason(),
                End.of(status),
                metadata.getLabels()));
  }

  private void write(String line) {
    out.println(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + line);
  }

  /** How often each thing was done. */
  synchronized SortedMap<String, Integer> counts() {
    return new TreeMap<>(done);
  }

  /** How often that was done, or something whose name begins so. */
  synchronized int count(String prefix) {
    return done.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(prefix))
        .mapToInt(entry -> entry.getValue())
        .sum();
  }

  @Override
  public synchronized void close() {
    out.close();
  }
}
