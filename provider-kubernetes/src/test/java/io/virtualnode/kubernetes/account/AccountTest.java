package io.virtualnode.kubernetes.account;

import static io.virtualnode.kubernetes.capacity.Given.cores;
import static io.virtualnode.kubernetes.capacity.Given.key;
import static io.virtualnode.kubernetes.capacity.Given.node;
import static io.virtualnode.kubernetes.capacity.Given.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.Seeds;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.placement.Decision;
import io.virtualnode.kubernetes.placement.Demand;
import io.virtualnode.kubernetes.placement.NodeRequirements;
import io.virtualnode.kubernetes.placement.SlotCollector;
import io.virtualnode.kubernetes.placement.Strategy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AccountTest {

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final List<Resources> offers = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private final Account account = new Account(tasks::add, offers::add, this::tell);

  @DisplayName("offer_is_published_once_when_much_has_changed")
  @Test
  void publishedOnce() {
    account.update(ledger -> ledger.setNode(node("a/n1").cpu(4).build()));
    account.update(ledger -> ledger.setFresh("a", true));
    assertThat(offers).isEmpty();
    assertThat(tasks).hasSize(1);
    run();
    assertThat(offers).containsExactly(cores(4));
    account.update(ledger -> ledger.setFresh("a", false));
    run();
    assertThat(offers).containsExactly(cores(4), Resources.NONE);
  }

  @DisplayName("what_is_to_follow_the_settling_does_so_though_another_thread_has_yet_to_begin_it")
  @Test
  void afterSettling() throws InterruptedException {
    var late = new CompletableFuture<Void>();
    var begun = new CountDownLatch(1);
    var own = new ConcurrentLinkedQueue<Runnable>();
    Executor executor =
        task -> {
          if (Thread.currentThread().getName().equals("late")) {
            begun.countDown();
            late.join();
          }
          own.add(task);
        };
    var published = new ArrayList<Resources>();
    var shared = new Account(executor, published::add, this::tell);
    var thread =
        new Thread(
            () -> shared.update(ledger -> ledger.setNode(node("a/n1").cpu(4).build())), "late");
    thread.start();
    begun.await();
    shared.update(ledger -> ledger.setFresh("a", true));
    shared.afterSettling(() -> told.add("settled after " + published));
    own.forEach(Runnable::run);
    late.complete(null);
    thread.join();
    assertThat(told).containsExactly("settled after [" + cores(4) + "]");
  }

  @DisplayName("change_made_while_the_offer_is_published_is_published_next")
  @Test
  void changeMeanwhile() {
    var published = new ArrayList<Resources>();
    var holder = new ArrayList<Account>();
    var reentrant =
        new Account(
            tasks::add,
            offer -> {
              published.add(offer);
              if (published.size() == 1) {
                holder.get(0).update(ledger -> ledger.setFresh("a", true));
              }
            },
            this::tell);
    holder.add(reentrant);
    reentrant.update(ledger -> ledger.setNode(node("a/n1").cpu(4).build()));
    run();
    assertThat(published).containsExactly(Resources.NONE, cores(4));
  }

  @DisplayName("proxy_is_placed_at_once_when_there_is_room_and_finds_its_slot_when_asked_again")
  @Test
  void place() {
    site(4);
    count("p", 3);
    assertThat(place("p", 3)).isEqualTo(placed("a/n1"));
    assertThat(place("p", 3)).isEqualTo(placed("a/n1"));
    assertThat(free()).isEqualTo(cores(1));
    run();
    assertThat(told).isEmpty();
  }

  @DisplayName("proxy_that_is_not_counted_gets_nothing")
  @Test
  void notCounted() {
    site(4);
    assertThat(place("p", 3)).isInstanceOf(Decision.Waits.class);
    assertThat(free()).isEqualTo(cores(4));
    run();
    assertThat(told).isEmpty();
  }

  @DisplayName("waiting_proxy_is_placed_and_told_once_when_room_appears")
  @Test
  void roomAppears() {
    site(2);
    count("p", 3);
    assertThat(place("p", 3)).isInstanceOf(Decision.NeverFits.class);
    run();
    assertThat(told).isEmpty();
    account.update(ledger -> ledger.setNode(node("a/n1").cpu(8).build()));
    run();
    account.update(ledger -> ledger.setNode(node("a/n1").cpu(9).build()));
    run();
    assertThat(told).containsExactly("p placed on a/n1");
    assertThat(place("p", 3)).isEqualTo(placed("a/n1"));
  }

  @DisplayName("waiting_proxies_are_placed_oldest_first_when_room_appears")
  @Test
  void oldestFirst() {
    site(2);
    occupy("x", 2);
    for (var proxy : List.of("p1", "p2", "p3")) {
      count(proxy, 1);
      place(proxy, 1);
    }
    place("p1", 1); // asks again; keeps its turn
    free("x");
    run();
    assertThat(told).containsExactly("p1 placed on a/n1", "p2 placed on a/n1");
  }

  @DisplayName("waiting_proxy_is_told_although_a_younger_one_was_the_first_to_see_the_room")
  @Test
  void toldByAnother() {
    site(2);
    occupy("x", 2);
    count("old", 1);
    place("old", 1);
    run();
    free("x");
    count("young", 1);
    assertThat(place("young", 1)).isEqualTo(placed("a/n1"));
    run();
    assertThat(told).containsExactly("old placed on a/n1");
  }

  @DisplayName("decision_of_the_same_kind_is_not_told_again")
  @Test
  void sameKind() {
    site(2);
    occupy("x", 2);
    count("p", 1);
    place("p", 1);
    occupy("y", 1);
    run();
    assertThat(told).isEmpty();
    account.update(ledger -> ledger.setNode(node("a/n1").cpu(0).build()));
    run();
    account.update(ledger -> ledger.setNode(node("a/n1").cpu(0).cordoned().build()));
    run();
    assertThat(told).containsExactly("p fits no node");
  }

  @DisplayName("request_is_given_back_while_a_proxy_fits_no_node")
  @Test
  void credit() {
    site(4);
    count("giant", 9);
    place("giant", 9);
    run();
    assertThat(last(offers).minus(cores(9))).isEqualTo(cores(4));
    account.update(ledger -> ledger.setNode(node("b/n1").cpu(16).cordoned().build()));
    run();
    assertThat(told).containsExactly("giant waits");
    assertThat(last(offers)).isEqualTo(cores(4));
    account.update(ledger -> ledger.uncount("giant"));
    run();
    assertThat(last(offers)).isEqualTo(cores(4));
  }

  @DisplayName("withdrawn_proxy_is_not_placed_when_room_appears")
  @Test
  void withdraw() {
    site(2);
    occupy("x", 2);
    count("p", 1);
    place("p", 1);
    account.withdraw(proxy("p"));
    free("x");
    run();
    assertThat(told).isEmpty();
    assertThat(free()).isEqualTo(cores(2));
  }

  @DisplayName("proxy_that_is_no_longer_counted_loses_its_turn")
  @Test
  void uncounted() {
    site(2);
    occupy("x", 2);
    count("old", 2);
    place("old", 2);
    count("young", 1);
    place("young", 1);
    account.update(ledger -> ledger.uncount("old"));
    free("x");
    run();
    assertThat(told).containsExactly("young placed on a/n1");
  }

  @DisplayName("waiting_proxy_whose_delegate_is_found_waits_no_longer_and_holds_nothing")
  @Test
  void found() {
    site(4);
    occupy("x", 3);
    count("p", 4);
    place("p", 4);
    account.update(ledger -> ledger.setNode(node("b/n1").cpu(4).cordoned().build()));
    account.update(ledger -> ledger.setPod("b", pod("d").on("n1").cpu(4).delegateOf("p").build()));
    run();
    assertThat(told).containsExactly("p placed on b/n1");
    count("small", 1);
    assertThat(place("small", 1)).isEqualTo(placed("a/n1"));
  }

  @DisplayName("younger_one_is_decided_for_beside_what_is_held_for_those_that_wait")
  @Test
  void besideHeld() {
    site(4);
    occupy("x", 2);
    count("wide", 4);
    assertThat(place("wide", 4)).isInstanceOf(Decision.Waits.class);
    count("young", 1);
    assertThat(place("young", 1)).isInstanceOf(Decision.Waits.class);
    account.update(ledger -> ledger.setNode(node("b/n1").cpu(1).build()));
    account.update(ledger -> ledger.setFresh("b", true));
    count("youngest", 1);
    assertThat(place("youngest", 1))
        .as("the room goes to the older one")
        .isInstanceOf(Decision.Waits.class);
    run();
    assertThat(told).containsExactly("young placed on b/n1");
  }

  @DisplayName("what_a_withdrawn_proxy_waited_for_is_free_for_the_next_at_once")
  @Test
  void withdrawnHolds() {
    site(4);
    occupy("x", 2);
    count("wide", 4);
    place("wide", 4);
    account.withdraw(proxy("wide"));
    count("small", 2);
    assertThat(place("small", 2)).isEqualTo(placed("a/n1"));
  }

  @DisplayName("proxy_that_asks_for_another_amount_is_decided_for_anew")
  @Test
  void resized() {
    site(4);
    occupy("x", 2);
    count("p", 3);
    assertThat(place("p", 3)).isInstanceOf(Decision.Waits.class);
    count("p", 2);
    assertThat(place("p", 2)).isEqualTo(placed("a/n1"));
  }

  @DisplayName("each_virtual_node_gets_the_offer_of_its_own_scope_and_its_pods_go_there")
  @Test
  void scopes() {
    var ofA = new Scope.OfMember("a");
    var ofNode = new Scope.OfNode(key("b/n1"));
    var published = new ArrayList<Map<Scope, Resources>>();
    var offersOf =
        new Offers() {
          @Override
          public Set<Scope> scopes() {
            return Set.of(ofA, ofNode);
          }

          @Override
          public void publish(Map<Scope, Resources> offers) {
            published.add(offers);
          }
        };
    var scoped = new Account(tasks::add, Strategy.PACK, offersOf, this::tell);
    scoped.update(ledger -> ledger.setNode(node("a/n1").cpu(4).build()));
    scoped.update(ledger -> ledger.setNode(node("b/n1").cpu(2).build()));
    scoped.update(ledger -> ledger.setFresh("a", true));
    scoped.update(ledger -> ledger.setFresh("b", true));
    run();
    assertThat(published).containsExactly(Map.of(ofA, cores(4), ofNode, cores(2)));
    scoped.update(ledger -> ledger.count("p", cores(3), ofA));
    var demand = new Demand("p", cores(3), NodeRequirements.NONE, ofA);
    assertThat(scoped.place(proxy("p"), demand)).isEqualTo(placed("a/n1"));
    var never = new Demand("q", cores(3), NodeRequirements.NONE, ofNode);
    scoped.update(ledger -> ledger.count("q", cores(3), ofNode));
    assertThat(scoped.place(proxy("q"), never)).isInstanceOf(Decision.NeverFits.class);
    run();
    assertThat(last(published)).isEqualTo(Map.of(ofA, cores(4), ofNode, cores(2 + 3)));
  }

  @DisplayName("change_says_whether_it_lowers_what_is_offered")
  @Test
  void lowers() {
    site(4);
    count("p", 1);
    place("p", 1);
    account.update(ledger -> ledger.setPod("a", pod("d").on("n1").cpu(1).delegateOf("p").build()));
    assertThat(account.lowers(Scope.WHOLE, ledger -> ledger.removePod("a", "d"))).isFalse();
    count("q", 1);
    place("q", 1);
    account.update(ledger -> ledger.setPod("a", pod("e").on("n1").cpu(1).delegateOf("q").build()));
    account.update(ledger -> ledger.setNode(node("a/n1").cpu(4).cordoned().build()));
    assertThat(account.lowers(Scope.WHOLE, ledger -> ledger.removePod("a", "e")))
        .as("what a cordoned node frees is not given out anew")
        .isTrue();
  }

  @DisplayName("members_of_greater_weight_are_preferred_from_when_the_weights_are_set")
  @Test
  void weights() {
    var weighted = new Account(tasks::add, Strategy.WEIGHTED, Offers.ofWhole(o -> {}), this::tell);
    weighted.update(ledger -> ledger.setNode(node("a/n1").cpu(1).build()));
    weighted.update(ledger -> ledger.setNode(node("b/n1").cpu(2).build()));
    weighted.update(ledger -> ledger.setFresh("a", true));
    weighted.update(ledger -> ledger.setFresh("b", true));
    weighted.setWeights(Map.of("b", 1));
    weighted.update(ledger -> ledger.count("p", cores(1)));
    assertThat(weighted.place(proxy("p"), demand("p", 1))).isEqualTo(placed("b/n1"));
  }

  @DisplayName("slot_is_collected_for_a_wide_pod_that_is_not_bound_and_published_when_it_is_whole")
  @Test
  void collect() {
    site(4);
    occupy("x", 3);
    var wide = List.of(new SlotCollector.Unbound(demand("w", 4), 0, 0));
    var setting = new SlotCollector.Setting(10, 1, 100, 100);
    assertThat(account.collect(wide, Set.of(), 10, setting)).isEmpty();
    run();
    assertThat(last(offers)).isEqualTo(cores(0));
    free("x");
    assertThat(account.collect(wide, Set.of(), 11, setting))
        .containsExactly(Map.entry("w", key("a/n1")));
    run();
    assertThat(last(offers)).as("before it is said for whom it is").isEqualTo(cores(0));
    account.collect(wide, Set.of("w"), 12, setting);
    run();
    assertThat(last(offers)).isEqualTo(cores(4));
    assertThat(account.explain(demand("other", 1)))
        .hasToString("0/1 nodes are available: 1 node(s) with room collected for another pod.");
  }

  @DisplayName("slot_that_ends_is_passed_on_to_a_wide_pod_that_is_not_bound_before_it_is_offered")
  @Test
  void passedOn() {
    site(4);
    runs("p", 4);
    collectDrainingNone(10);

    assertThat(account.lowers(Scope.WHOLE, ledger -> ledger.removePod("a", "of-p"))).isTrue();
    run();

    assertThat(last(offers)).isEqualTo(cores(0));
    assertThat(collectDrainingNone(11)).containsExactly(Map.entry("w", key("a/n1")));
  }

  @DisplayName("slot_that_ends_is_not_passed_on_while_somebody_who_is_bound_waits_for_another")
  @Test
  void boundComeFirst() {
    site(4);
    runs("p", 3);
    account.update(ledger -> ledger.setNode(node("a/n2").cpu(4).build()));
    runs("q", 4);
    count("waits", 4);
    assertThat(place("waits", 4)).isInstanceOf(Decision.Waits.class); // for n1, which lacks less
    collectDrainingNone(10);

    assertThat(account.lowers(Scope.WHOLE, ledger -> ledger.removePod("a", "of-q"))).isFalse();
    run();

    assertThat(account.<Optional<NodeKey>>read(ledger -> ledger.slot("waits")))
        .contains(key("a/n2"));
    assertThat(account.<Map<?, ?>>read(Ledger::claims)).isEmpty();
  }

  private Map<String, NodeKey> collectDrainingNone(long now) {
    var wide = List.of(new SlotCollector.Unbound(demand("w", 4), 0, 1));
    return account.collect(wide, Set.of(), now, new SlotCollector.Setting(10, 0, 100, 100));
  }

  private void runs(String proxy, int cores) {
    count(proxy, cores);
    var node = ((Decision.Placed) place(proxy, cores)).node().node();
    var delegate = pod("of-" + proxy).on(node).cpu(cores).delegateOf(proxy).build();
    account.update(ledger -> ledger.setPod("a", delegate));
  }

  @DisplayName("every_decision_is_told_although_the_publisher_and_one_listener_fail")
  @Test
  void failures() {
    var failing =
        new Account(
            tasks::add,
            offer -> {
              throw new IllegalStateException("the primary is away");
            },
            (proxy, decision) -> {
              tell(proxy, decision);
              if (proxy.uid().equals("p1")) {
                throw new IllegalStateException("nobody listens");
              }
            });
    for (var proxy : List.of("p1", "p2")) {
      failing.update(ledger -> ledger.count(proxy, cores(1)));
      failing.place(proxy(proxy), demand(proxy, 1));
    }
    failing.update(ledger -> ledger.setNode(node("a/n1").cpu(4).build()));
    failing.update(ledger -> ledger.setFresh("a", true));
    run();
    assertThat(told).containsExactly("p1 placed on a/n1", "p2 placed on a/n1");
  }

  @DisplayName("no_room_is_given_twice_and_nobody_is_forgotten_when_threads_compete")
  @Test
  void threads() {
    Seeds.forEach(20, AccountTest::compete);
  }

  private static void compete(long seed) {
    var settler = Executors.newSingleThreadExecutor();
    var threads = Executors.newFixedThreadPool(4);
    var offers = new ConcurrentLinkedQueue<Resources>();
    var told = new ConcurrentLinkedQueue<PodKey>();
    var account = new Account(settler, offers::add, (proxy, decision) -> told.add(proxy));
    account.update(ledger -> ledger.setFresh("a", true));
    account.update(ledger -> ledger.setNode(node("a/n1").cpu(10).build()));
    for (int t = 0; t < 4; t++) {
      var random = new Random(seed * 4 + t);
      var thread = "t" + t;
      threads.execute(
          () -> {
            for (int i = 0; i < 50; i++) {
              var uid = thread + "-" + i;
              account.update(ledger -> ledger.count(uid, cores(1)));
              account.place(proxy(uid), demand(uid, 1));
              if (random.nextBoolean()) {
                account.withdraw(proxy(uid));
                account.update(
                    ledger -> {
                      ledger.release(uid);
                      ledger.uncount(uid);
                    });
              }
            }
          });
    }
    finish(threads);
    finish(settler);
    assertThat(account.<Integer>read(Ledger::drift)).isZero();
    Resources free = account.read(ledger -> ledger.use(key("a/n1")).orElseThrow().free());
    assertThat(free).as("ten run, no more").isEqualTo(Resources.NONE);
    assertThat(last(List.copyOf(offers))).isEqualTo(cores(10));
    assertThat(told).doesNotHaveDuplicates();
  }

  private static void finish(ExecutorService executor) {
    executor.shutdown();
    try {
      assertThat(executor.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void site(int cores) {
    account.update(ledger -> ledger.setNode(node("a/n1").cpu(cores).build()));
    account.update(ledger -> ledger.setFresh("a", true));
    run();
  }

  private void occupy(String pod, int cores) {
    account.update(ledger -> ledger.setPod("a", pod(pod).on("n1").cpu(cores).build()));
    run();
  }

  private void free(String pod) {
    account.update(ledger -> ledger.removePod("a", pod));
  }

  private void count(String proxy, int cores) {
    account.update(ledger -> ledger.count(proxy, cores(cores)));
  }

  private Decision place(String proxy, int cores) {
    return account.place(proxy(proxy), demand(proxy, cores));
  }

  private Resources free() {
    return account.read(ledger -> ledger.use(key("a/n1")).orElseThrow().free());
  }

  private void tell(PodKey proxy, Decision decision) {
    if (decision instanceof Decision.Placed placed) {
      told.add(proxy.name() + " placed on " + placed.node());
    } else {
      told.add(proxy.name() + (decision instanceof Decision.Waits ? " waits" : " fits no node"));
    }
  }

  private void run() {
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  private static PodKey proxy(String uid) {
    return new PodKey("default", uid, uid);
  }

  private static Demand demand(String proxy, int cores) {
    return new Demand(proxy, cores(cores), NodeRequirements.NONE);
  }

  private static Decision placed(String node) {
    return new Decision.Placed(key(node));
  }

  private static <T> T last(List<T> items) {
    return items.get(items.size() - 1);
  }
}
