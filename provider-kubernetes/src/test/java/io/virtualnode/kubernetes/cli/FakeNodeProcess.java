package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** Notes what it is told; ends when a test says so. */
class FakeNodeProcess implements NodeProcess {

  final List<String> calls = new CopyOnWriteArrayList<>();
  final CompletableFuture<Void> ended = new CompletableFuture<>();

  @Override
  public void start() {
    calls.add("start");
  }

  @Override
  public void reload(Configuration configuration) {
    calls.add("reload " + configuration.members().stream().map(MemberSettings::name).toList());
  }

  @Override
  public CompletionStage<Void> ended() {
    return ended;
  }

  @Override
  public void close() {
    calls.add("close");
  }
}
