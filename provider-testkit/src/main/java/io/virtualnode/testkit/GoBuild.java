package io.virtualnode.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Builds a binary from the pinned modules with the Go toolchain of this machine. */
final class GoBuild implements BinarySource {

  private static final Duration PROGRESS = Duration.ofSeconds(15);
  private static final String COMPONENT = "k8s.io/component-base/version.";

  private final Consumer<String> progress;

  GoBuild(Consumer<String> progress) {
    this.progress = progress;
  }

  @Override
  public String description() {
    return "a build with Go (the first one takes minutes)";
  }

  @Override
  public void fetch(KubeTool tool, Path target) throws IOException, InterruptedException {
    var module = new GoModule(tool.module());
    var folder = Files.createTempDirectory("virtualnode-go");
    try {
      module.extractTo(folder);
      var output = folder.resolve("build.log");
      var build =
          new ProcessBuilder(
              "go",
              "build",
              "-trimpath",
              "-ldflags",
              linkerFlags(),
              "-o",
              target.toAbsolutePath().toString(),
              tool.goPackage());
      build.directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output.toFile());
      build.environment().put("CGO_ENABLED", "0");
      build.environment().put("GOFLAGS", "-buildvcs=false");
      await(build.start(), tool, output);
    } finally {
      Folders.delete(folder);
    }
  }

  private void await(Process process, KubeTool tool, Path output)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    Reaper.watch(process.pid());
    try {
      while (!process.waitFor(PROGRESS.toSeconds(), TimeUnit.SECONDS)) {
        progress.accept(
            "  building %s … %d s"
                .formatted(
                    tool.binary(), TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)));
      }
    } finally {
      process.destroy();
      Reaper.forget(process.pid());
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          "go build of %s failed: %s".formatted(tool.binary(), Folders.tail(output, 20)));
    }
  }

  /** Without these a Kubernetes binary says that it is v0.0.0. */
  private static String linkerFlags() {
    var version = KubeVersions.KUBERNETES.substring(1).split("\\.");
    return String.join(
        " ",
        "-s -w",
        "-X " + COMPONENT + "gitVersion=" + KubeVersions.KUBERNETES,
        "-X " + COMPONENT + "gitMajor=" + version[0],
        "-X " + COMPONENT + "gitMinor=" + version[1],
        "-X " + COMPONENT + "gitCommit=testkit",
        "-X " + COMPONENT + "gitTreeState=clean",
        "-X " + COMPONENT + "buildDate=1970-01-01T00:00:00Z");
  }
}
