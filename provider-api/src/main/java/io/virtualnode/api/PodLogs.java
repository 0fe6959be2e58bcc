package io.virtualnode.api;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

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
   * @param limitBytes at most this many bytes, at least 1
   * @param since only lines not older than this
   * @param stream which of the container's outputs; with {@code tailLines} only {@link Stream#ALL},
   *     as in the API
   */
  record Options(
      boolean follow,
      boolean previous,
      boolean timestamps,
      OptionalLong tailLines,
      OptionalLong limitBytes,
      Optional<Instant> since,
      Stream stream) {

    /**
     * Checks what the API server would check.
     *
     * @throws IllegalArgumentException if a count is out of its range, or lines are to be counted
     *     from the end of one output alone
     */
    public Options {
      requireNonNull(since, "since is null");
      requireNonNull(stream, "stream is null");
      if (tailLines.isPresent() && tailLines.getAsLong() < 0) {
        throw new IllegalArgumentException("tailLines is negative: " + tailLines.getAsLong());
      }
      if (limitBytes.isPresent() && limitBytes.getAsLong() < 1) {
        throw new IllegalArgumentException("limitBytes is below 1: " + limitBytes.getAsLong());
      }
      if (tailLines.isPresent() && stream != Stream.ALL) {
        throw new IllegalArgumentException("tailLines cannot be had of " + stream.word());
      }
    }

    /** The whole log of the current run. */
    public static Options all() {
      return new Options(
          false,
          false,
          false,
          OptionalLong.empty(),
          OptionalLong.empty(),
          Optional.empty(),
          Stream.ALL);
    }
  }

  /** Which of a container's outputs. */
  enum Stream {
    /** Both, in the order in which they were written. */
    ALL("All"),
    /** Standard output alone. */
    STDOUT("Stdout"),
    /** Standard error alone. */
    STDERR("Stderr");

    private final String word;

    Stream(String word) {
      this.word = word;
    }

    /** How the API writes it. */
    public String word() {
      return word;
    }

    /**
     * What the API's word stands for; nothing said is {@link #ALL}.
     *
     * @throws IllegalArgumentException if it is no such word
     */
    public static Stream of(@Nullable String word) {
      if (word == null || word.isEmpty()) {
        return ALL;
      }
      for (Stream stream : values()) {
        if (stream.word.equals(word)) {
          return stream;
        }
      }
      throw new IllegalArgumentException("stream is none of All, Stdout and Stderr: " + word);
    }
  }
}
