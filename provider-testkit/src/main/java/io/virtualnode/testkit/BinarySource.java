package io.virtualnode.testkit;

import java.io.IOException;
import java.nio.file.Path;

/** A way to get a program's binary. */
interface BinarySource {

  /** What progress messages call it. */
  String description();

  /**
   * Puts the binary into {@code target}, complete and executable.
   *
   * @throws IOException if this way does not work here; the next one is tried then
   */
  void fetch(KubeTool tool, Path target) throws IOException, InterruptedException;
}
