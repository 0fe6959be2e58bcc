package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtualnode.testkit.GuardedProcess;
import io.virtualnode.testkit.LocalCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Elections among several candidates, by a Lease of a real API server. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@SuppressWarnings("NullAway.Init") // set before all tests
final class ElectionIT {

  private static final String NS = "default";
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private static LocalCluster cluster;
  private static KubernetesClient client;

  @TempDir private Path directory = Path.of("");

  private final String name = "election-" + NUMBER.incrementAndGet();
  private final ElectionSettings settings = ElectionSettings.of(NS, name);
  private final ElectionSettings quick =
      settings.timed(Duration.ofSeconds(6), Duration.ofSeconds(4), Duration.ofSeconds(1));
  private final List<Replica> replicas = new ArrayList<>();

  @BeforeAll
  static void startCluster() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
    Awaitility.setDefaultPollInterval(Duration.ofMillis(5));
    Awaitility.setDefaultPollDelay(Duration.ZERO);
    cluster = LocalCluster.builder("election").scheduler(false).start();
    client = ApiClients.client(config());
  }

  @AfterAll
  static void stopCluster() {
    Awaitility.reset();
    client.close();
    cluster.close();
  }

  @AfterEach
  void close() {
    replicas.forEach(replica -> replica.election.close());
    client.leases().inNamespace(NS).withName(name).delete();
  }

  @Test
  void another_leads_within_five_seconds_of_a_clean_stop() {
    makeLease();
    List<Long> millis = new ArrayList<>();
    Replica leader = join(settings);
    leader.awaitLead();
    for (int i = 0; i < 5; i++) {
      Replica next = join(settings);
      awaitRenewals(1);
      long stopped = System.nanoTime();
      leader.election.close();
      next.awaitLead();
      millis.add((next.span(0).begun - stopped) / 1_000_000);
      leader = next;
    }
    System.out.println("from a clean stop to the next leader, ms: " + millis);
    assertThat(millis).allSatisfy(each -> assertThat(each).isLessThan(5000));
    assertThat(lease().getSpec().getLeaseTransitions()).isEqualTo(6);
    assertNoOverlap();
  }

  @Test
  void leader_that_is_gone_is_replaced_after_the_lease_duration_and_one_look() {
    makeLease();
    try (Wire wire = new Wire(cluster.url())) {
      Config through = new ConfigBuilder(config()).withMasterUrl(wire.url()).build();
      Replica leader = join(through, settings);
      leader.awaitLead();
      Replica next = join(settings);
      awaitRenewals(2);
      long cut = System.nanoTime();
      wire.cut();
      next.awaitLead();

      long ended = (leader.span(0).ended.get() - cut) / 1_000_000;
      long begun = (next.span(0).begun - cut) / 1_000_000;
      System.out.printf("cut off: term over after %d ms, next leader after %d ms%n", ended, begun);
      assertThat(ended).isBetween(7_000L, 10_500L);
      assertThat(begun).isBetween(12_900L, 18_000L);
      assertNoOverlap();
      wire.mend();
      leader.election.close();
    }
  }

  @Test
  void term_ends_by_itself_when_the_api_server_stands_still_and_then_exactly_one_leads() {
    makeLease();
    Replica a = join(quick);
    a.awaitLead();
    Replica b = join(quick);
    Replica c = join(quick);
    awaitRenewals(2);

    cluster.freezeApiServer();
    long frozen = System.nanoTime();
    try {
      await().until(() -> a.election.term().isEmpty());
      long millis = (System.nanoTime() - frozen) / 1_000_000;
      System.out.printf("API server frozen: term over after %d ms%n", millis);
      assertThat(millis).isLessThan(4_500);
      await().until(() -> a.closed.get() == 1);
      await().until(() -> System.nanoTime() - frozen > Duration.ofSeconds(8).toNanos());
      assertThat(leading()).isEmpty();
    } finally {
      cluster.thawApiServer();
    }
    await().until(() -> leading().size() == 1);
    Replica leader = leading().get(0);
    ZonedDateTime renewed = lease().getSpec().getRenewTime();
    await().until(() -> lease().getSpec().getRenewTime().isAfter(renewed.plusSeconds(8)));
    assertThat(leading()).containsExactly(leader);
    assertThat(lease().getSpec().getHolderIdentity()).isEqualTo(leader.election.identity());
    assertThat(a.begun.get() + b.begun.get() + c.begun.get()).isEqualTo(2);
    assertNoOverlap();
  }

  @Test
  void leader_goes_on_in_its_term_when_somebody_deletes_the_lease() {
    makeLease();
    Replica a = join(quick);
    a.awaitLead();
    Replica b = join(quick);
    for (int i = 0; i < 3; i++) {
      String uid = lease().getMetadata().getUid();
      client.leases().inNamespace(NS).withName(name).delete();
      await().until(() -> isHeldBy(a) && !lease().getMetadata().getUid().equals(uid));
    }
    ZonedDateTime renewed = lease().getSpec().getRenewTime();
    await().until(() -> lease().getSpec().getRenewTime().isAfter(renewed.plusSeconds(8)));

    assertThat(a.begun).hasValue(1);
    assertThat(a.span(0).term.holds()).isTrue();
    assertThat(b.begun).hasValue(0);
  }

  @Test
  void first_lease_of_all_is_had_after_its_duration() {
    long joined = System.nanoTime();
    Replica a = join(quick);
    a.awaitLead();
    assertThat((a.span(0).begun - joined) / 1_000_000).isBetween(6_000L, 9_000L);
    assertThat(isHeldBy(a)).isTrue();
  }

  @Test
  void lease_of_somebody_who_never_renews_it_is_taken_after_its_duration() {
    client
        .leases()
        .inNamespace(NS)
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("of", "somebody")
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity("somebody")
                .withLeaseDurationSeconds(3)
                .withRenewTime(ZonedDateTime.parse("2099-01-01T00:00:00Z"))
                .withLeaseTransitions(41)
                .endSpec()
                .build())
        .create();
    long joined = System.nanoTime();
    Replica a = join(quick);
    a.awaitLead();

    long millis = (a.span(0).begun - joined) / 1_000_000;
    System.out.printf("lease of 3 s that nobody renews: taken after %d ms%n", millis);
    assertThat(millis).isBetween(3_000L, 6_000L);
    assertThat(lease().getSpec().getLeaseTransitions()).isEqualTo(42);
    assertThat(lease().getMetadata().getLabels()).containsEntry("of", "somebody");
  }

  @Test
  void lease_is_given_up_when_the_work_cannot_begin() {
    makeLease();
    Replica a = join(config(), quick, true);
    await().until(() -> a.begun.get() == 1);
    await().until(() -> holder().isEmpty());
    Replica b = join(quick);
    b.awaitLead();
    assertThat(a.begun).hasValue(1);
  }

  @Test
  void nothing_is_written_after_the_end_of_the_term_and_reads_pass() {
    makeLease();
    Replica a = join(quick);
    a.awaitLead();
    Term term = a.span(0).term;
    try (KubernetesClient guarded = ApiClients.client(config(), term)) {
      guarded.configMaps().inNamespace(NS).resource(map("before-" + name)).create();
      a.election.close();

      assertThatThrownBy(
              () -> guarded.configMaps().inNamespace(NS).resource(map("after-" + name)).create())
          .isInstanceOf(KubernetesClientException.class)
          .hasStackTraceContaining("no longer leader: POST");
      assertThat(guarded.configMaps().inNamespace(NS).withName("before-" + name).get()).isNotNull();
      assertThat(client.configMaps().inNamespace(NS).withName("after-" + name).get()).isNull();
    }
  }

  @Test
  void leader_that_was_stopped_past_its_lease_writes_nothing_when_it_goes_on() throws IOException {
    makeLease();
    Path log = directory.resolve("leader.log");
    try (GuardedProcess process =
        GuardedProcess.of(
                "leader",
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    LeaderProcess.class.getName(),
                    cluster.kubeconfig().toString(),
                    name))
            .start(log)) {
      await().until(() -> made(log) >= 5);
      Replica next = join(LeaderProcess.settings(name));
      long before = made(log);
      await().until(() -> made(log) > before); // it writes nothing for a while now
      process.freeze();
      next.awaitLead();
      String taken =
          client
              .configMaps()
              .inNamespace(NS)
              .resource(map("taken-" + name))
              .create()
              .getMetadata()
              .getResourceVersion();

      process.thaw();
      await().until(() -> Files.readString(log).contains("no longer leads"));
      awaitRenewals(3);
      assertThat(
              client
                  .configMaps()
                  .inNamespace(NS)
                  .withLabel(LeaderProcess.LABEL, name)
                  .list()
                  .getItems())
          .hasSizeGreaterThanOrEqualTo(6)
          .noneMatch(
              made -> ResourceVersions.isNewer(made.getMetadata().getResourceVersion(), taken));
      assertThat(isHeldBy(next)).isTrue();
      assertThat(next.span(0).term.holds()).isTrue();
      assertThat(Files.readString(log)).containsOnlyOnce("no longer leads");
    }
  }

  @Test
  void rights_to_get_create_and_patch_leases_are_enough() {
    String user = "user-" + name;
    client
        .rbac()
        .roles()
        .inNamespace(NS)
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName(user)
                .endMetadata()
                .withRules(
                    new PolicyRuleBuilder()
                        .withApiGroups("coordination.k8s.io")
                        .withResources("leases")
                        .withVerbs("get", "create", "patch")
                        .build())
                .build())
        .create();
    client
        .rbac()
        .roleBindings()
        .inNamespace(NS)
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName(user)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", user)
                .addNewSubject("rbac.authorization.k8s.io", "User", user, null)
                .build())
        .create();
    Replica a = join(Config.fromKubeconfig(cluster.kubeconfigFor(user).toFile()), quick);
    a.awaitLead();
    awaitRenewals(1);
    a.election.close();
    assertThat(holder()).isEmpty();
    assertThat(lease().getSpec().getLeaseDurationSeconds()).isEqualTo(1);
  }

  @Test
  void lease_is_written_only_in_the_version_that_was_seen() {
    ElectionThreads threads = ElectionThreads.named(name);
    LeaseStore store =
        new PrimaryLease(
            ApiClients.leaseClient(config(), Duration.ofSeconds(5)),
            NS,
            name,
            threads.renewals(),
            threads.timer());
    try {
      LeaseClaim claim = LeaseClaim.vacant(15, 0, threads.timer().now());
      assertThat(store.read().toCompletableFuture().join()).isEmpty();
      refused(() -> store.replace("1", claim), PrimaryApi.NOT_FOUND);
      LeaseRecord made = store.create(claim).toCompletableFuture().join();
      assertThat(made.claim()).isEqualTo(claim);
      refused(() -> store.create(claim), PrimaryApi.CONFLICT);

      LeaseClaim taken = claim.takenBy("me", 15, threads.timer().now());
      LeaseRecord stored = store.replace(made.version(), taken).toCompletableFuture().join();
      assertThat(stored.claim()).isEqualTo(taken);
      refused(() -> store.replace(made.version(), taken), PrimaryApi.CONFLICT);
      assertThat(store.read().toCompletableFuture().join()).contains(stored);

      client.leases().inNamespace(NS).withName(name).delete();
      LeaseRecord again = store.create(taken).toCompletableFuture().join();
      assertThat(again.saysTheSameAs(stored)).isFalse();
      refused(() -> store.replace(stored.version(), taken), PrimaryApi.CONFLICT);
      LeaseClaim released = taken.released(threads.timer().now());
      assertThat(store.replace(again.version(), released).toCompletableFuture().join().claim())
          .isEqualTo(released);
    } finally {
      store.close();
      threads.ending().run();
    }
  }

  private static Config config() {
    return Config.fromKubeconfig(cluster.kubeconfig().toFile());
  }

  /** A Lease as an installation may make it beforehand, which is free for whoever comes first. */
  private void makeLease() {
    client
        .leases()
        .inNamespace(NS)
        .resource(new LeaseBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
  }

  private Lease lease() {
    return requireNonNull(client.leases().inNamespace(NS).withName(name).get());
  }

  private String holder() {
    return LeaseRecord.of(lease()).claim().holder();
  }

  private boolean isHeldBy(Replica replica) {
    Lease lease = client.leases().inNamespace(NS).withName(name).get();
    return lease != null
        && replica.election.identity().equals(LeaseRecord.of(lease).claim().holder());
  }

  private void awaitRenewals(int count) {
    for (int i = 0; i < count; i++) {
      ZonedDateTime before = lease().getSpec().getRenewTime();
      await().until(() -> lease().getSpec().getRenewTime().isAfter(before));
    }
  }

  private static long made(Path log) throws IOException {
    return Files.exists(log)
        ? Files.readAllLines(log).stream().filter(line -> line.startsWith("made ")).count()
        : 0;
  }

  private static ConfigMap map(String name) {
    return new ConfigMapBuilder().withNewMetadata().withName(name).endMetadata().build();
  }

  private static void refused(Supplier<CompletionStage<LeaseRecord>> request, int code) {
    assertThat(request.get().toCompletableFuture())
        .failsWithin(Duration.ofSeconds(10))
        .withThrowableThat()
        .satisfies(e -> assertThat(PrimaryApi.code(requireNonNull(e.getCause()))).isEqualTo(code));
  }

  private Replica join(ElectionSettings how) {
    return join(config(), how);
  }

  private Replica join(Config config, ElectionSettings how) {
    return join(config, how, false);
  }

  private Replica join(Config config, ElectionSettings how, boolean failing) {
    Replica replica = new Replica(config, how, failing);
    replicas.add(replica);
    return replica;
  }

  private List<Replica> leading() {
    return replicas.stream().filter(replica -> replica.election.term().isPresent()).toList();
  }

  private void assertNoOverlap() {
    List<Span> spans = replicas.stream().flatMap(replica -> replica.spans.stream()).toList();
    for (Span one : spans) {
      for (Span other : spans) {
        boolean apart = one.ended.get() <= other.begun || other.ended.get() <= one.begun;
        assertThat(one.equals(other) || apart).as("two terms at the same time").isTrue();
      }
    }
  }

  /** A term as seen from outside, in nanoseconds of the JVM. */
  private record Span(Term term, long begun, AtomicLong ended) {}

  /** One process of several, as far as the election is concerned. */
  private static final class Replica {

    final Election election;
    final List<Span> spans = new CopyOnWriteArrayList<>();
    final AtomicInteger begun = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();

    private final boolean failing;

    Replica(Config config, ElectionSettings settings, boolean failing) {
      this.failing = failing;
      this.election = Election.join(config, settings, this::begin);
    }

    private AutoCloseable begin(Term term) {
      Span span = new Span(term, System.nanoTime(), new AtomicLong(Long.MAX_VALUE));
      term.ended().thenRun(() -> span.ended.set(System.nanoTime()));
      spans.add(span);
      begun.incrementAndGet();
      if (failing) {
        throw new IllegalStateException("on purpose");
      }
      return closed::incrementAndGet;
    }

    Span span(int index) {
      return spans.get(index);
    }

    void awaitLead() {
      await().until(() -> !spans.isEmpty());
    }
  }
}
