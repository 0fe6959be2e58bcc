package io.virtualnode.api;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;

/** An ability: to read what a container wrote. */
public interface PodLogs {

  /**
   * The log as raw bytes, in order; completes at its end, or never while {@code follow} is set and
   * the container runs.
   *
   * <p>Cold: each subscription reads anew, emits only what was requested, and releases everything
   * when it is cancelled. Fails with {@link ProviderException} ({@code NOT_FOUND} for an unknown
   * pod or container, {@code UNAVAILABLE} where the container's log cannot be had now).
   */
  Flow.Publisher<ByteBuffer> logs(PodKey pod, String container, Options options);

  /**
   * Which part of a log, as in the API's PodLogOptions.
   *
   * @param follow go on as the container writes
   * @param previous the container's previous run
   * @param timestamps each line begins with its RFC 3339 time
   * @param tailLines at most this many lines from the end; 0 is none, empty is all
   * @param limitBytes at most this many bytes
   * @param since only lines not older than this
   * @param stream {@code All}, {@code Stdout} or {@code Stderr}
   */
  record Options(
      boolean follow,
      boolean previous,
      boolean timestamps,
      OptionalLong tailLines,
      OptionalLong limitBytes,
      Optional<Instant> since,
      String stream) {

    /** The whole log of the current run. */
    public static Options all() {
      return new Options(
          false, false, false, OptionalLong.empty(), OptionalLong.empty(), Optional.empty(), "All");
    }
  }
}
