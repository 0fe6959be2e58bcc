package io.virtualnode.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoBuildTest {

  @TempDir private Path directory = Path.of("");

  private final List<String> progress = new ArrayList<>();

  @Test
  @DisplayName("the build is static, from the pinned module, and stamped with the version")
  void flags() throws IOException, InterruptedException {
    Path target = directory.resolve("kube-scheduler.part");
    new GoBuild(go("echo \"cgo=$CGO_ENABLED args=$*\" >>" + log() + "; cat go.mod >>" + log()))
        .fetch(KubeTool.KUBE_SCHEDULER, target, progress::add);
    assertThat(log())
        .content()
        .contains("cgo=0 args=build -trimpath -ldflags -s -w ")
        .contains("-X k8s.io/component-base/version.gitVersion=v1.37.2 ")
        .contains("-X k8s.io/component-base/version.gitMajor=1 ")
        .contains("-X k8s.io/component-base/version.gitMinor=37 ")
        .contains("-o " + target + " k8s.io/kubernetes/cmd/kube-scheduler")
        .contains("k8s.io/kubernetes v1.37.2");
    assertThat(progress).containsExactly("building kube-scheduler with Go");
  }

  @Test
  @DisplayName("a build that fails says what Go said")
  void failure() throws IOException {
    GoBuild build = new GoBuild(go("echo 'no required module' >&2; exit 2"));
    assertThatThrownBy(() -> build.fetch(KubeTool.ETCD, directory.resolve("etcd"), progress::add))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("status 2")
        .hasMessageContaining("no required module");
  }

  @Test
  @DisplayName("a build that is given up leaves neither Go nor its compilers")
  void givenUp() throws Exception {
    GoBuild build = new GoBuild(go("sleep 600 & echo $! $$ >" + log() + "; wait"));
    AtomicReference<Throwable> ended = new AtomicReference<>();
    Thread builder =
        new Thread(
            () -> {
              try {
                build.fetch(KubeTool.ETCD, directory.resolve("etcd"), progress::add);
              } catch (IOException | InterruptedException e) {
                ended.set(e);
              }
            });
    builder.start();
    await().until(() -> Files.exists(log()) && Files.readString(log()).endsWith("\n"));
    List<ProcessHandle> processes =
        Arrays.stream(Files.readString(log()).strip().split(" ", -1))
            .map(pid -> ProcessHandle.of(Long.parseLong(pid)).orElseThrow())
            .toList();

    builder.interrupt();
    builder.join(10_000);

    assertThat(ended.get()).isInstanceOf(InterruptedException.class);
    await().until(() -> processes.stream().noneMatch(GuardedProcessTest.Alive::test));
  }

  @Test
  @DisplayName("whatever a build needs for a while is beside its target")
  void scratch() throws IOException, InterruptedException {
    Path folder = Files.createDirectory(directory.resolve("scratch"));
    new GoBuild(go("echo \"$GOTMPDIR $(pwd)\" >" + log()))
        .fetch(KubeTool.ETCD, folder.resolve("etcd"), progress::add);
    assertThat(Files.readString(log()).strip().split(" ", -1))
        .allSatisfy(path -> assertThat(Path.of(path).toRealPath()).startsWith(folder.toRealPath()));
  }

  private Path log() {
    return directory.resolve("log");
  }

  private String go(String script) throws IOException {
    Path go = Files.writeString(directory.resolve("go"), "#!/bin/sh\n" + script + "\n");
    assertThat(go.toFile().setExecutable(true)).isTrue();
    return go.toString();
  }
}
