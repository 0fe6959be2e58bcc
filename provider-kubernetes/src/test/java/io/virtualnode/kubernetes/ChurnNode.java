package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.virtualnode.testkit.LocalCluster;
import io.virtualnode.testkit.Simulation;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.Optional;

/** A member's node to which one thing at a time is done, and undone. Not thread-safe. */
final class ChurnNode {

  private static final Taint DRAIN = new Taint("NoSchedule", "site/drain", null, "");

  private final LocalCluster member;
  private final String name;
  private final int cores;
  private Optional<Runnable> undo = Optional.empty();

  private ChurnNode(LocalCluster member, String name, int cores) {
    this.member = member;
    this.name = name;
    this.cores = cores;
  }

  /** A node as it is, with 4 GiB of memory for each core. */
  static ChurnNode of(LocalCluster member, Node node) {
    var cores = Space.of(node.getStatus().getAllocatable()).cpu() / 1000;
    return new ChurnNode(member, node.getMetadata().getName(), (int) cores);
  }

  LocalCluster member() {
    return member;
  }

  String name() {
    return name;
  }

  /** How many cores it has when nothing is done to it. */
  int cores() {
    return cores;
  }

  /** Whether something is done to it at present. */
  boolean isDisturbed() {
    return undo.isPresent();
  }

  /** Undoes what was done. */
  void giveBack() {
    undo.ifPresent(Runnable::run);
    undo = Optional.empty();
  }

  void cordon() {
    patch("", "{\"spec\":{\"unschedulable\":true}}");
    undo = Optional.of(() -> patch("", "{\"spec\":{\"unschedulable\":null}}"));
  }

  void taint() {
    setTaint(true);
    undo = Optional.of(() -> setTaint(false));
  }

  void resize(int toCores) {
    setCores(toCores);
    undo = Optional.of(() -> setCores(cores));
  }

  /** Its kubelet posts that it is not ready. */
  void lose() {
    setNotReady("\"true\"");
    undo = Optional.of(() -> setNotReady("null"));
  }

  private void setNotReady(String value) {
    patch(
        "",
        "{\"metadata\":{\"annotations\":{\"" + Simulation.NODE_NOT_READY + "\":" + value + "}}}");
  }

  private void setCores(int now) {
    patch(
        "status",
        "{\"status\":{\"allocatable\":{\"cpu\":\"%d\",\"memory\":\"%dGi\"}}}"
            .formatted(now, 4 * now));
  }

  private void patch(String subresource, String patch) {
    var node = member.client().nodes().withName(name);
    var target = subresource.isEmpty() ? node : node.subresource(subresource);
    target.patch(PatchContext.of(PatchType.JSON_MERGE), patch);
  }

  /** The cluster's own controllers write taints as well: what they write stays. */
  private void setTaint(boolean tainted) {
    var node = member.client().nodes().withName(name).get();
    var taints = new ArrayList<>(node.getSpec().getTaints());
    taints.removeIf(taint -> taint.getKey().equals(DRAIN.getKey()));
    if (tainted) {
      taints.add(DRAIN);
    }
    node.getSpec().setTaints(taints);
    try {
      member.client().resource(node).lockResourceVersion().update();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      setTaint(tainted); // it has changed since it was read
    }
  }
}
