package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Builds a tool with the machine's Go from the pinned modules. */
final class GoBuild implements ToolSource {

  private static final Duration PROGRESS = Duration.ofSeconds(10);
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
    Path module = Files.createDirectory(target.resolveSibling("module"));
    PinnedModules.extract(tool.module(), module);
    build(tool, target, module, progress);
  }

  private void build(KubeTool tool, Path target, Path module, Consumer<String> progress)
      throws IOException, InterruptedException {
    Path scratch = requireNonNull(target.toAbsolutePath().getParent(), "target is no file");
    Path log = module.resolve("build.log");
    long started = System.nanoTime();
    progress.accept("building " + tool.fileName() + " with Go");
    GuardedProcess go =
        GuardedProcess.of(
                "go build",
                List.of(
                    goCommand,
                    "build",
                    "-trimpath",
                    "-ldflags",
                    linkerFlags(),
                    "-o",
                    target.toAbsolutePath().toString(),
                    tool.goPackage()))
            .directory(module)
            .environment("CGO_ENABLED", "0")
            .environment("GOWORK", "off")
            .environment("GOTMPDIR", scratch.toString())
            .orphanedFolder(scratch)
            .start(log);
    try {
      while (!go.endsWithin(PROGRESS)) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started);
        progress.accept("building " + tool.fileName() + " with Go: " + seconds + " s");
      }
    } finally {
      go.kill(); // if it still runs, with its compilers
    }
    int status = go.exitCode().orElseThrow();
    if (status != 0) {
      List<String> lines = Files.readAllLines(log, UTF_8);
      throw new IOException(
          "go build exited with status "
              + status
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
