package io.virtualnode.kubernetes;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Quantity;
import io.virtualnode.api.NodeContext;
import io.virtualnode.api.NodeReport;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.account.Offers;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Requests;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.config.NodeSettings;
import io.virtualnode.kubernetes.config.PlacementSettings;
import io.virtualnode.kubernetes.delegate.Ownership;
import io.virtualnode.kubernetes.placement.Strategy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * A {@link Site} on virtual time, with members that are {@link MemberStub}s and a virtual node that
 * writes down what it is told.
 */
final class SiteBench implements AutoCloseable {

  static final PodKey PROXY = new PodKey("grid", "job", "uid-1");
  static final Forwarding.Delegate DELEGATE =
      new Forwarding.Delegate("a", MemberStub.UID, "grid", "job-1", "delegate-1");

  final VirtualExecutor timer = new VirtualExecutor();
  final Forwardings forwardings = new Forwardings();
  final Map<String, MemberStub> stubs = new LinkedHashMap<>();
  final List<PodStatus> said = new CopyOnWriteArrayList<>();
  final List<PodKey> gone = new CopyOnWriteArrayList<>();
  final List<PodKey> requeued = new CopyOnWriteArrayList<>();
  final Members members;
  final Account account;
  final Delegates delegates;
  final Contexts contexts = new Contexts(forwardings);
  final Site site;
  Runnable whenSaid = () -> {};
  PlacementSettings placement = PlacementSettings.DEFAULT;
  Function<PodKey, CompletionStage<Optional<Pod>>> live =
      proxy -> CompletableFuture.completedFuture(Optional.empty());
  Function<PodCondition, CompletionStage<Pod>> record =
      condition -> CompletableFuture.completedFuture(proxy());

  SiteBench(String... memberNames) {
    for (var name : memberNames) {
      stubs.put(name, new MemberStub());
    }
    members = new Members(settings -> stub(settings.name()).client(), new DeafListener(), timer);
    account =
        new Account(timer, Strategy.PACK, Offers.ofWhole(offer -> {}), (proxy, decision) -> {});
    var translation =
        Survey.translation(new Ownership("primary-uid", "vnode"), NodeSettings.named("vnode"));
    delegates = new Delegates(members, translation);
    site =
        new Site(
            contexts,
            members,
            account,
            forwardings,
            delegates,
            translation,
            timer,
            () -> placement);
    contexts.join(Scope.WHOLE, new Context());
    members.configure(
        List.of(memberNames).stream()
            .map(name -> MemberSettings.named(name, ClusterAccess.standard()))
            .toList(),
        Duration.ofMinutes(10));
    timer.settle();
    await("members are known")
        .until(() -> members.all().stream().allMatch(member -> member.identity().isPresent()));
  }

  MemberStub stub(String name) {
    var stub = stubs.get(name);
    if (stub == null) {
      throw new AssertionError("there is no member " + name);
    }
    return stub;
  }

  /** Gives a member a node of that many cores. */
  void node(String member, int cores) {
    account.update(
        ledger -> {
          ledger.setFresh(member, true);
          ledger.setNode(
              new MemberNode(
                  new NodeKey(member, member + "-1"),
                  Resources.of(Map.of("cpu", cores * 1000L, "pods", 100L)),
                  true,
                  "",
                  Map.of(),
                  List.of()));
        });
  }

  /** The forwarding of a proxy that the primary shows as that. */
  Forwarding observed(Pod pod) {
    var forwarding = forwardings.of(PodKey.of(pod), Scope.WHOLE);
    synchronized (forwarding) {
      forwarding.observed(pod);
    }
    account.update(ledger -> ledger.count(pod.getMetadata().getUid(), Requests.of(pod)));
    return forwarding;
  }

  /** A member shows the delegate of a proxy, started. */
  static void seen(Forwarding forwarding, Forwarding.Delegate delegate, PodStatus status) {
    synchronized (forwarding) {
      forwarding.delegateSeen(delegate, "7", false, true, status, true);
    }
  }

  static Pod proxy() {
    return proxy(PROXY);
  }

  static Pod proxy(PodKey key) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(key.namespace())
        .withName(key.name())
        .withUid(key.uid())
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .addNewContainer()
        .withName("main")
        .withImage("job:1")
        .withNewResources()
        .withRequests(Map.of("cpu", new Quantity("1")))
        .endResources()
        .endContainer()
        .endSpec()
        .withNewStatus()
        .withPhase("Pending")
        .endStatus()
        .build();
  }

  @Override
  public void close() {
    members.close();
    timer.shutdown();
    stubs.values().forEach(MemberStub::close);
  }

  /** The virtual node's side. */
  private final class Context implements NodeContext {
    @Override
    public String nodeName() {
      return "vnode";
    }

    @Override
    public String primaryUid() {
      return "primary-uid";
    }

    @Override
    public CompletionStage<Void> report(NodeReport report) {
      return Site.done();
    }

    @Override
    public void podStatus(PodKey pod, PodStatus status) {
      said.add(status);
      whenSaid.run();
    }

    @Override
    public void podGone(PodKey pod) {
      gone.add(pod);
    }

    @Override
    public void requeue(PodKey pod) {
      requeued.add(pod);
    }

    @Override
    public CompletionStage<Pod> record(PodKey pod, PodCondition condition) {
      return record.apply(condition);
    }

    @Override
    public CompletionStage<Optional<Pod>> live(PodKey pod) {
      return live.apply(pod);
    }

    @Override
    public void event(PodKey pod, boolean warning, String reason, String message) {}
  }
}
