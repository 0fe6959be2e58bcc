package io.virtualnode.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** A way to come by a binary that is not in the cache yet. */
interface ToolSource {

  /** What a person reads in the progress, such as "download from dl.k8s.io". */
  String describe();

  /**
   * Writes the executable to a file, which the cache takes over only when this method returns.
   *
   * @param target in a folder that is for this fetch alone, empty at first and deleted afterwards:
   *     whatever else is needed for a while goes there
   * @throws IOException when this source does not have it: the next source is tried
   */
  void fetch(KubeTool tool, Path target, Consumer<String> progress)
      throws IOException, InterruptedException;
}
