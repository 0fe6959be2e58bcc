package io.virtualnode.kubernetes.placement;

import static io.virtualnode.kubernetes.capacity.Given.node;
import static io.virtualnode.kubernetes.capacity.Given.pod;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.virtualnode.kubernetes.Seeds;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.MemberNode;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PlacementPropertyTest {

  private static final int PLANS = 3000;
  private static final int STORIES = 300;
  private static final int HISTORIES = 5000;
  private static final int STEPS = 40;

  /** Rooms as they were before the plan, and what the plan was for. */
  private record Site(
      Ledger ledger, List<MemberNode> nodes, Map<NodeKey, Resources> free, List<Demand> demands) {}

  @DisplayName("plan_fills_no_room_twice_and_rules_out_only_what_no_empty_node_could_take")
  @Test
  void plans() {
    Seeds.forEach(PLANS, seed -> check(site(new Random(seed))));
  }

  private static void check(Site site) {
    var decisions = Placement.plan(site.demands, site.ledger);
    assertThat(decisions).hasSameSizeAs(site.demands);
    assertThat(Placement.plan(site.demands, site.ledger)).as("repeated").isEqualTo(decisions);
    var left = new HashMap<>(site.free);
    var quotas = new HashMap<String, Resources>();
    for (var member : List.of("a", "b")) {
      site.ledger.quotaLeft(member).ifPresent(quota -> quotas.put(member, quota));
    }
    for (int i = 0; i < decisions.size(); i++) {
      var demand = site.demands.get(i);
      if (decisions.get(i) instanceof Decision.Placed placed) {
        assertThat(left).as("usable").containsKey(placed.node());
        assertThat(demand.request().fitsInto(requireNonNull(left.get(placed.node()))))
            .as("%s", demand)
            .isTrue();
        assertThat(demand.requirements().allow(nodeOf(site, placed.node()))).isTrue();
        left.compute(placed.node(), (key, room) -> room.minus(demand.request()));
        var quota = quotas.get(placed.node().member());
        if (quota != null) {
          assertThat(demand.request().namedBy(quota).fitsInto(quota)).as("quota").isTrue();
          quotas.put(placed.node().member(), quota.minus(demand.request().namedBy(quota)));
        }
      }
      boolean possible =
          site.nodes.isEmpty() || site.nodes.stream().anyMatch(node -> fits(site, demand, node));
      assertThat(decisions.get(i) instanceof Decision.NeverFits).isEqualTo(!possible);
    }
    assertOrderIsKept(site, decisions);
  }

  /** What is decided for the first does not depend on who comes after it. */
  private static void assertOrderIsKept(Site site, List<Decision> decisions) {
    for (int i = 0; i < decisions.size(); i++) {
      assertThat(Placement.plan(site.demands.subList(0, i), site.ledger))
          .isEqualTo(decisions.subList(0, i));
    }
  }

  @DisplayName("decisions_are_those_of_a_look_at_every_node_whatever_has_changed_before")
  @Test
  void sameAsLinear() {
    Seeds.forEach(HISTORIES, PlacementPropertyTest::liveThrough);
  }

  /** Nodes, pods, quotas and members change while proxies are placed; all by one index. */
  private static void liveThrough(long seed) {
    var random = new Random(seed);
    var ledger = new Ledger();
    var strategy = List.of(Strategy.values()).get(random.nextInt(3));
    var placement = new Placement(ledger, strategy, random.nextInt(3) * 4);
    Map<String, Integer> weights = Map.of();
    for (int step = 0; step < STEPS; step++) {
      if (random.nextInt(STEPS) == 0) {
        weights = Map.of("a", random.nextInt(3), "b", random.nextInt(3));
        placement.setWeights(weights);
      }
      for (int i = random.nextInt(4); i > 0; i--) {
        change(ledger, random);
      }
      var demands = new ArrayList<Demand>();
      for (int i = random.nextInt(6); i > 0; i--) {
        boolean wide = random.nextInt(4) == 0; // one for which a slot may have been collected
        demands.add(anyDemand(wide ? "wide" + i : "step" + step + "-" + i, random));
      }
      var expected = new LinearPlan(ledger, strategy, weights).plan(demands);
      var decisions = placement.plan(demands);
      assertThat(decisions.stream().map(PlacementPropertyTest::withoutMessage))
          .as("step %d of %s: %s", step, strategy, demands)
          .containsExactlyElementsOf(expected);
      for (int i = 0; i < decisions.size(); i++) {
        if (decisions.get(i) instanceof Decision.Placed placed && random.nextBoolean()) {
          ledger.count(demands.get(i).proxyUid(), demands.get(i).request());
          ledger.reserve(demands.get(i).proxyUid(), placed.node());
        }
      }
      assertThat(ledger.drift()).as("drift after step %d", step).isZero();
    }
  }

  private static Decision withoutMessage(Decision decision) {
    if (decision instanceof Decision.Waits waits) {
      return new Decision.Waits(waits.held(), "");
    }
    return decision instanceof Decision.NeverFits ? new Decision.NeverFits("") : decision;
  }

  private static void change(Ledger ledger, Random random) {
    var member = random.nextBoolean() ? "a" : "b";
    var name = "n" + random.nextInt(5);
    var uid = "pod" + random.nextInt(12);
    switch (random.nextInt(17)) {
      case 0, 1, 2, 3 -> ledger.setNode(anyNode(member, name, random));
      case 4 -> ledger.removeNode(new NodeKey(member, name));
      case 5, 6, 7 ->
          ledger.setPod(
              member, pod(uid).on(name).underQuota().requesting(resources(random, 5)).build());
      case 8 -> ledger.removePod(member, uid);
      case 9, 10 -> ledger.setFresh(member, random.nextInt(6) > 0);
      case 11 -> {
        if (random.nextBoolean()) {
          ledger.setRetired(member, random.nextInt(4) == 0);
        } else {
          ledger.setDraining(member, random.nextInt(4) == 0);
        }
      }
      case 12 -> {
        var quota = random.nextInt(3) > 0 ? null : cores(random.nextInt(14));
        ledger.setQuota(member, Optional.ofNullable(quota));
      }
      case 13, 14 ->
          ledger.withhold(
              "wide" + random.nextInt(4), new NodeKey(member, name), resources(random, 8));
      case 15 -> {
        var wide = "wide" + random.nextInt(4);
        ledger.unwithhold(wide);
        ledger.release(wide);
        ledger.uncount(wide);
      }
      default -> {
        if (random.nextInt(8) == 0) {
          ledger.removeMember(member);
        }
      }
    }
  }

  private static MemberNode anyNode(String member, String name, Random random) {
    var given = node(member + "/" + name).with(resources(random, 10));
    if (random.nextInt(3) > 0) {
      given.label("disk", random.nextBoolean() ? "ssd" : "tape");
    }
    if (random.nextInt(4) > 0) {
      given.label("kubernetes.io/hostname", random.nextInt(4) == 0 ? "h" + name : name);
    }
    given.label("rack", "r" + random.nextInt(50));
    return switch (random.nextInt(8)) {
      case 0 -> given.cordoned().build();
      case 1 -> given.shutOut().build();
      default -> given.build();
    };
  }

  private static Demand anyDemand(String uid, Random random) {
    Scope scope =
        switch (random.nextInt(8)) {
          case 0 -> new Scope.OfMember(random.nextBoolean() ? "a" : "b");
          case 1 -> new Scope.OfNode(new NodeKey("a", "n" + random.nextInt(5)));
          default -> Scope.WHOLE;
        };
    return new Demand(uid, resources(random, 7), anyRequirements(random), scope);
  }

  private static NodeRequirements anyRequirements(Random random) {
    var disk = expression("disk", random.nextBoolean() ? "In" : "NotIn", "ssd");
    var rack = expression("rack", random.nextBoolean() ? "Gt" : "NotIn", "r7");
    var host = expression("kubernetes.io/hostname", "In", "n1", "hn2", "n3");
    var name = expression("metadata.name", "In", "n" + random.nextInt(5));
    return switch (random.nextInt(9)) {
      case 0 -> new NodeRequirements(Map.of("disk", "ssd"), List.of());
      case 1 -> required(term(disk));
      case 2 -> required(term(disk, rack), term(rack));
      case 3 -> required(term(host));
      case 4 -> required(term(host), new NodeSelectorTermBuilder().withMatchFields(name).build());
      case 5 -> new NodeRequirements(Map.of("kubernetes.io/hostname", "n2"), List.of(term(rack)));
      default -> NodeRequirements.NONE;
    };
  }

  private static NodeRequirements required(NodeSelectorTerm... terms) {
    return new NodeRequirements(Map.of(), List.of(terms));
  }

  private static NodeSelectorTerm term(NodeSelectorRequirement... expressions) {
    return new NodeSelectorTermBuilder().withMatchExpressions(expressions).build();
  }

  private static NodeSelectorRequirement expression(String key, String operator, String... values) {
    return new NodeSelectorRequirement(key, operator, List.of(values));
  }

  @DisplayName("oldest_waiting_pod_runs_before_long_although_small_ones_keep_arriving")
  @Test
  void noStarvation() {
    Seeds.forEach(STORIES, PlacementPropertyTest::tellStory);
  }

  /** A full site; at each step one pod ends and several small ones arrive behind a wide one. */
  private static void tellStory(long seed) {
    var random = new Random(seed);
    var ledger = new Ledger();
    int nodes = 1 + random.nextInt(4);
    var running = new ArrayDeque<String>();
    for (int n = 0; n < nodes; n++) {
      ledger.setNode(node("a/n" + n).cpu(8).build());
      for (int i = 0; i < 8; i++) {
        var proxy = "old" + n + "-" + i;
        run(ledger, proxy, new NodeKey("a", "n" + n));
        running.add(proxy);
      }
    }
    ledger.setFresh("a", true);
    var shuffled = new ArrayList<>(running);
    Collections.shuffle(shuffled, random);
    running = new ArrayDeque<>(shuffled);
    var wide = new Demand("wide", cores(2 + random.nextInt(7)), NodeRequirements.NONE);
    ledger.count("wide", wide.request());
    int ends = 0;
    while (true) {
      var waiting = new ArrayList<>(List.of(wide));
      for (int i = 0; i < 3; i++) {
        var small = "new" + ends + "-" + i;
        ledger.count(small, cores(1));
        waiting.add(new Demand(small, cores(1), NodeRequirements.NONE));
      }
      var decisions = Placement.plan(waiting, ledger);
      if (decisions.get(0) instanceof Decision.Placed) {
        return;
      }
      for (int i = 1; i < waiting.size(); i++) {
        if (decisions.get(i) instanceof Decision.Placed placed) {
          run(ledger, waiting.get(i).proxyUid(), placed.node());
          running.add(waiting.get(i).proxyUid());
        } else {
          ledger.uncount(waiting.get(i).proxyUid());
        }
      }
      // Everything that was there when the wide pod came has ended, and as much again.
      assertThat(++ends).isLessThanOrEqualTo(nodes * 8 * 2);
      var ended = running.remove();
      ledger.removePod("a", "delegate of " + ended);
      ledger.uncount(ended);
    }
  }

  private static void run(Ledger ledger, String proxy, NodeKey node) {
    ledger.count(proxy, cores(1));
    ledger.reserve(proxy, node);
    var delegate = pod("delegate of " + proxy).on(node.node()).cpu(1).delegateOf(proxy);
    ledger.setPod(node.member(), delegate.build());
  }

  private static Site site(Random random) {
    var ledger = new Ledger();
    var nodes = new ArrayList<MemberNode>();
    for (var member : List.of("a", "b")) {
      ledger.setFresh(member, random.nextInt(5) > 0);
      if (random.nextInt(3) == 0) {
        ledger.setQuota(member, Optional.of(cores(random.nextInt(12))));
      }
      for (int n = random.nextInt(4); n > 0; n--) {
        var given = node(member + "/n" + n).with(resources(random, 10));
        given.label("disk", random.nextBoolean() ? "ssd" : "tape");
        switch (random.nextInt(6)) {
          case 0 -> given.cordoned();
          case 1 -> given.shutOut();
          default -> {}
        }
        nodes.add(given.build());
        ledger.setNode(given.build());
        for (int p = random.nextInt(4); p > 0; p--) {
          var foreign = pod("pod" + random.nextInt()).on("n" + n).underQuota();
          ledger.setPod(member, foreign.requesting(resources(random, 4)).build());
        }
      }
    }
    var free = new HashMap<NodeKey, Resources>();
    ledger.forEachUsable(room -> free.put(room.node().key(), room.free()));
    var demands = new ArrayList<Demand>();
    for (int i = random.nextInt(8); i > 0; i--) {
      var requirements =
          random.nextInt(3) == 0
              ? new NodeRequirements(Map.of("disk", "ssd"), List.of())
              : NodeRequirements.NONE;
      demands.add(new Demand("proxy" + i, resources(random, 7), requirements));
    }
    return new Site(ledger, nodes, free, demands);
  }

  private static boolean fits(Site site, Demand demand, MemberNode node) {
    var quota = site.ledger.quota(node.key().member());
    return node.admitted()
        && demand.requirements().allow(node)
        && demand.request().fitsInto(node.allocatable())
        && (quota.isEmpty() || demand.request().get("cpu") <= quota.get().get("cpu"));
  }

  private static MemberNode nodeOf(Site site, NodeKey key) {
    return site.nodes.stream().filter(node -> node.key().equals(key)).findFirst().orElseThrow();
  }

  private static Resources cores(int cores) {
    return Resources.of(Map.of("cpu", cores * 1000L));
  }

  private static Resources resources(Random random, int most) {
    var amounts = new HashMap<String, Long>();
    amounts.put("cpu", 1000L * random.nextInt(most));
    amounts.put("memory", (long) random.nextInt(most));
    if (random.nextInt(3) == 0) {
      amounts.put("gpu", (long) random.nextInt(most));
    }
    return Resources.of(amounts);
  }
}
