package io.virtualnode.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that no process of ours outlives this JVM, not even one that is killed.
 *
 * <p>One small shell per JVM, in a session of its own (so that Ctrl-C does not reach it), reads
 * from a pipe which processes there are. When the pipe breaks, which it does however the JVM ends,
 * it kills those that are left.
 */
final class Reaper {

  private static final String SCRIPT =
      """
      pids=' '
      while read -r op pid; do
        case $op in
          add) pids="$pids$pid " ;;
          del) pids="${pids%% $pid *} ${pids#* $pid }" ;;
        esac
      done
      for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
      """;

  private static @Nullable OutputStream pipe; // guarded by Reaper.class

  private Reaper() {}

  static void watch(long pid) {
    tell("add " + pid);
  }

  static void forget(long pid) {
    tell("del " + pid);
  }

  private static synchronized void tell(String line) {
    try {
      if (pipe == null) {
        var shell = ManagedProcess.inOwnSession(List.of("sh", "-c", SCRIPT));
        pipe =
            new ProcessBuilder(shell)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .getOutputStream();
      }
      pipe.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      pipe.flush();
    } catch (IOException e) {
      throw new TestkitException("the shell that ends left-over processes has gone", e);
    }
  }
}
