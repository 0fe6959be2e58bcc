package io.virtualnode.kubernetes.placement;

import static io.virtualnode.kubernetes.capacity.Given.node;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtualnode.kubernetes.Seeds;
import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Room;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class NodeTreeTest {

  private static final NodeOrder ORDER = new NodeOrder(Strategy.PACK);

  @DisplayName("tree_has_its_nodes_in_order_and_true_maxima_whatever_was_added_and_removed")
  @Test
  void likeSortedSet() {
    Seeds.forEach(200, NodeTreeTest::grow);
  }

  private static void grow(long seed) {
    var random = new Random(seed);
    var tree = new NodeTree();
    var expected = new TreeSet<IndexedNode>();
    var ledger = new Ledger();
    ledger.setFresh("a", true);
    var group = new NodeClass(new NodeClass.Key(List.of("cpu", "memory"), Map.of(), none()));
    for (int step = 0; step < 200; step++) {
      if (random.nextInt(3) > 0 || expected.isEmpty()) {
        var given = node("a/n" + step).cpu(random.nextInt(5)).with("memory", random.nextInt(9));
        ledger.setNode(given.build());
        var indexed = new IndexedNode(room(ledger, given.build().key()));
        indexed.read(group, ORDER);
        tree.add(indexed);
        expected.add(indexed);
      } else {
        var any = new ArrayList<>(expected).get(random.nextInt(expected.size()));
        tree.remove(any);
        expected.remove(any);
      }
      var found = new ArrayList<IndexedNode>();
      walk(tree.root(), found);
      assertThat(found).containsExactlyElementsOf(expected);
    }
  }

  @DisplayName("tree_of_a_hundred_thousand_nodes_is_shallow_even_if_added_in_order")
  @Test
  void shallow() {
    var ledger = new Ledger();
    ledger.setFresh("a", true);
    var group = new NodeClass(new NodeClass.Key(List.of("cpu"), Map.of(), none()));
    var tree = new NodeTree();
    var rooms = new HashMap<NodeKey, Room>();
    for (int n = 0; n < 100_000; n++) {
      ledger.setNode(node("a/node-%06d".formatted(n)).cpu(8).build());
    }
    ledger.forEachRoom(room -> rooms.put(room.key(), room));
    rooms.keySet().stream()
        .sorted()
        .forEach(
            key -> {
              var indexed = new IndexedNode(requireNonNull(rooms.get(key)));
              indexed.read(group, ORDER);
              tree.add(indexed);
            });
    assertThat(depth(tree.root())).isLessThan(60);
  }

  @DisplayName("node_that_is_not_in_the_tree_cannot_be_removed")
  @Test
  void unknown() {
    var ledger = new Ledger();
    ledger.setNode(node("a/n1").cpu(1).build());
    var group = new NodeClass(new NodeClass.Key(List.of("cpu"), Map.of(), none()));
    var indexed = new IndexedNode(room(ledger, new NodeKey("a", "n1")));
    indexed.read(group, ORDER);
    assertThatThrownBy(() -> new NodeTree().remove(indexed))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a/n1 is not in its tree");
  }

  private static int walk(@Nullable IndexedNode tree, List<IndexedNode> found) {
    if (tree == null) {
      return 0;
    }
    walk(tree.left, found);
    found.add(tree);
    walk(tree.right, found);
    for (int d = 0; d < 3; d++) {
      assertThat(tree.mostRoom(d)).isEqualTo(mostRoom(tree, d));
    }
    return 0;
  }

  private static long mostRoom(@Nullable IndexedNode tree, int dimension) {
    return tree == null
        ? Long.MIN_VALUE
        : Math.max(
            tree.room(dimension),
            Math.max(mostRoom(tree.left, dimension), mostRoom(tree.right, dimension)));
  }

  private static int depth(@Nullable IndexedNode tree) {
    return tree == null ? 0 : 1 + Math.max(depth(tree.left), depth(tree.right));
  }

  private static Room room(Ledger ledger, NodeKey key) {
    var found = new ArrayList<Room>();
    ledger.forEachRoom(
        room -> {
          if (room.key().equals(key)) {
            found.add(room);
          }
        });
    return found.get(0);
  }

  private static Optional<String> none() {
    return Optional.empty();
  }
}
