package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Builds a tool with the machine's Go from the pinned modules. */
final class GoBuild implements ToolSource {

  private static final int PROGRESS_SECONDS = 10;
  private static final int SHOWN_LINES = 15;

  private final String goCommand;

  GoBuild(String goCommand) {
    this.goCommand = goCommand;
  }

  @Override
  public String describe() {
    return "build with Go";
  }

  @Override
  public void fetch(KubeTool tool, Path target, Consumer<String> progress)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("virtualnode-go-");
    try {
      PinnedModules.extract(tool.module(), directory);
      build(tool, target, directory, progress);
    } finally {
      DirectoryTree.delete(directory);
    }
  }

  private void build(KubeTool tool, Path target, Path directory, Consumer<String> progress)
      throws IOException, InterruptedException {
    Path log = directory.resolve("build.log");
    ProcessBuilder builder =
        new ProcessBuilder(
            goCommand,
            "build",
            "-trimpath",
            "-ldflags",
            linkerFlags(),
            "-o",
            target.toAbsolutePath().toString(),
            tool.goPackage());
    builder.directory(directory.toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("CGO_ENABLED", "0");
    builder.environment().put("GOWORK", "off");
    long started = System.nanoTime();
    progress.accept("building " + tool.fileName() + " with Go");
    Process process = builder.start();
    Thread atEnd = new Thread(process::destroy, "end-go-build");
    Runtime.getRuntime().addShutdownHook(atEnd);
    try {
      process.getOutputStream().close();
      while (!process.waitFor(PROGRESS_SECONDS, TimeUnit.SECONDS)) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started);
        progress.accept("building " + tool.fileName() + " with Go: " + seconds + " s");
      }
      Runtime.getRuntime().removeShutdownHook(atEnd);
    } finally {
      process.destroy();
    }
    if (process.exitValue() != 0) {
      List<String> lines = Files.readAllLines(log, UTF_8);
      throw new IOException(
          "go build exited with status "
              + process.exitValue()
              + ":\n"
              + String.join(
                  "\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size())));
    }
  }

  /** Without the stamp, clients see version v0.0.0 and switch features off. */
  private static String linkerFlags() {
    String version = PinnedModules.version("control-plane", "k8s.io/kubernetes");
    String[] parts = version.substring(1).split("\\.", -1);
    String variable = " -X k8s.io/component-base/version.";
    return "-s -w"
        + (variable + "gitVersion=" + version)
        + (variable + "gitMajor=" + parts[0])
        + (variable + "gitMinor=" + parts[1])
        + (variable + "gitTreeState=clean")
        // The module proxy tells neither commit nor build time: zeros are honest, and reproducible.
        + (variable + "gitCommit=0000000000000000000000000000000000000000")
        + (variable + "buildDate=1970-01-01T00:00:00Z");
  }
}
