package io.virtualnode.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.NodeSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What becomes of virtual nodes that end and come again; there are no members. */
class ForwarderTest {

  private static final Scope A = new Scope.OfMember("a");

  private final Forwarder forwarder =
      new Forwarder(
          Configuration.of(
              NodeSettings.named("grid"), ClusterAccess.of(Path.of("unused")), List.of()),
          "primary-uid",
          settings -> {
            throw new AssertionError("no member is configured");
          });

  @AfterEach
  void close() {
    forwarder.close();
  }

  @Test
  @DisplayName("pod_that_went_while_its_virtual_node_did_not_run_is_forgotten_when_it_runs_again")
  void again() {
    var first = new ForwardingProvider(forwarder, A);
    first.start(new Context());
    first.podObserved(pod("gone"));
    first.podObserved(pod("stays"));
    first.podsSynced();
    var other = new ForwardingProvider(forwarder, new Scope.OfMember("b"));
    other.start(new Context());
    other.podObserved(pod("of b"));
    other.podsSynced();
    first.stop();

    var second = new ForwardingProvider(forwarder, A);
    second.start(new Context());
    second.podObserved(pod("stays"));
    assertThat(forwarder.hasProxies(A)).isTrue();
    second.podsSynced();
    assertThat(forwarder.hasProxies(A)).isTrue();
    second.podForgotten(PodKey.of(pod("stays")), true);
    assertThat(forwarder.hasProxies(A)).isFalse();
    assertThat(forwarder.hasProxies(new Scope.OfMember("b"))).isTrue();
  }

  private static Pod pod(String uid) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("default")
        .withName("pod")
        .withUid(uid)
        .endMetadata()
        .withNewSpec()
        .addNewContainer()
        .withName("main")
        .withNewResources()
        .withRequests(Map.of("cpu", new Quantity("1")))
        .endResources()
        .endContainer()
        .endSpec()
        .withNewStatus()
        .endStatus()
        .build();
  }

  /** A virtual node's side. */
  private static final class Context implements NodeContext {
    @Override
    public String nodeName() {
      return "grid.a";
    }

    @Override
    public String primaryUid() {
      return "primary-uid";
    }

    @Override
    public CompletionStage<Void> report(NodeReport report) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void podStatus(PodKey pod, PodStatus status) {}

    @Override
    public void podGone(PodKey pod) {}

    @Override
    public void requeue(PodKey pod) {}

    @Override
    public CompletionStage<Pod> record(PodKey pod, PodCondition condition) {
      throw new AssertionError("nothing can be placed");
    }

    @Override
    public CompletionStage<Optional<Pod>> live(PodKey pod) {
      throw new AssertionError("nothing is in a member");
    }

    @Override
    public void event(PodKey pod, boolean warning, String reason, String message) {}
  }
}
