package io.virtualnode.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  private Path log() {
    return directory.resolve("log");
  }

  private String go(String script) throws IOException {
    Path go = Files.writeString(directory.resolve("go"), "#!/bin/sh\n" + script + "\n");
    assertThat(go.toFile().setExecutable(true)).isTrue();
    return go.toString();
  }
}
