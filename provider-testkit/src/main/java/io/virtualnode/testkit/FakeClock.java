package io.virtualnode.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The wall clock of a program under test: it may be ahead of the machine's or behind it, and jump
 * while the program runs. Its monotonic clock is left alone, as it is when somebody sets a
 * machine's time.
 *
 * <p>By <a href="https://github.com/wolfcw/libfaketime">libfaketime</a>, which has to be installed
 * (Debian: {@code libfaketime}).
 *
 * <pre>{@code
 * var clock = FakeClock.in(folder).orElseThrow();
 * builder.environment().putAll(clock.environment()); // of a ProcessBuilder
 * ...
 * clock.jump(Duration.ofHours(1));
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class FakeClock {

  private static final String LIBRARY = "faketime/libfaketimeMT.so.1";

  private final String library;
  private final Path file;

  private FakeClock(String library, Path folder) {
    this.library = library;
    this.file = folder.resolve("faketime");
    jump(Duration.ZERO);
  }

  /**
   * A clock that is right.
   *
   * @param folder gets a file through which the clock is set
   * @return empty where libfaketime is not installed
   */
  public static Optional<FakeClock> in(Path folder) {
    return Stream.of("x86_64-linux-gnu", "aarch64-linux-gnu", "")
        .map(arch -> Path.of("/usr/lib", arch, LIBRARY))
        .filter(Files::exists)
        .findFirst()
        .map(library -> new FakeClock(library.toString(), folder));
  }

  /** What the program's environment has to have. */
  public Map<String, String> environment() {
    return Map.of(
        "LD_PRELOAD", library,
        "FAKETIME_TIMESTAMP_FILE", file.toString(),
        "FAKETIME_CACHE_DURATION", "1", // seconds
        "FAKETIME_DONT_FAKE_MONOTONIC", "1",
        "FAKETIME_DONT_RESET", "1",
        "FAKETIME_FORCE_MONOTONIC_FIX", "0", // else each wait of a JVM takes ten times as long
        "NO_FAKE_STAT", "1");
  }

  /**
   * Sets the clock so far ahead of the machine's, or behind it where that is negative. The program
   * sees it within a second.
   */
  public void jump(Duration ahead) {
    try {
      var next = file.resolveSibling("faketime.next");
      Files.writeString(next, "%+d%n".formatted(ahead.toSeconds()));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
