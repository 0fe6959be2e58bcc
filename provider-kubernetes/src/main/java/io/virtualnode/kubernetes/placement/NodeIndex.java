package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.Ledger;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Room;
import io.virtualnode.kubernetes.capacity.RoomObserver;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's nodes, grouped in classes, each in order of preference. Told by the ledger of every
 * change and by placement of what it plans on top, so that it is never stale.
 */
final class NodeIndex implements RoomObserver {

  private final Ledger ledger;
  private final NodeOrder order;
  private final NodeGroups groups;
  private final Map<String, Map<String, IndexedNode>> nodes = new HashMap<>(); // by member, node
  private final Map<NodeClass.Key, NodeClass> classes = new HashMap<>();
  private final Map<String, Resources> quotasLeft = new HashMap<>();
  private @Nullable NodeNames names; // null until somebody asks for a node by its name
  private boolean byMember; // whether somebody has asked for the nodes of one member
  private int size;
  private long changes;
  private boolean grown;

  NodeIndex(Ledger ledger, NodeOrder order, NodeGroups groups) {
    this.ledger = ledger;
    this.order = order;
    this.groups = groups;
  }

  // --- what the ledger tells

  @Override
  public void roomChanged(Room room) {
    changes++;
    var ofMember = nodes.computeIfAbsent(room.key().member(), m -> new HashMap<>());
    var node = ofMember.get(room.key().node());
    if (node == null) {
      node = new IndexedNode(room);
      ofMember.put(room.key().node(), node);
      size++;
      if (names != null) {
        names.add(node);
      }
    } else if (!node.isUpToDate(room)) {
      if (names != null) {
        names.remove(node);
      }
      node.room = room;
      node.facts = room.node();
      if (names != null) {
        names.add(node);
      }
    } else if (node.group != null && room.isAdmitted()) {
      grown |= update(node, node.group);
      return;
    }
    classify(node);
    grown = true;
  }

  @Override
  public void roomGone(NodeKey key) {
    changes++;
    var ofMember = nodes.get(key.member());
    var node = ofMember == null ? null : ofMember.remove(key.node());
    if (node != null) {
      size--;
      leave(node);
      if (names != null) {
        names.remove(node);
      }
    }
  }

  @Override
  public void quotaChanged(String member) {
    changes++;
    var now = ledger.quotaLeft(member).orElse(null);
    var before = now == null ? quotasLeft.remove(member) : quotasLeft.put(member, now);
    if ((now == null) != (before == null)) {
      classifyAll(member);
    }
    grown |= before != null && (now == null || leavesMore(now, before));
  }

  private static boolean leavesMore(Resources now, Resources before) {
    return !now.names().equals(before.names()) || !now.fitsInto(before);
  }

  @Override
  public void retirementChanged(String member) {
    changes++;
    grown = true;
    classifyAll(member);
  }

  /** Whether anything may have got more room since {@link #forgetGrowth}. */
  boolean hasGrown() {
    return grown;
  }

  void forgetGrowth() {
    grown = false;
  }

  /** Grows with every change. */
  long changes() {
    return changes;
  }

  // --- classes

  /** Puts a node that something is planned for, or no longer is, where it belongs now. */
  void update(IndexedNode node) {
    changes++;
    if (node.group != null) {
      update(node, node.group);
    }
  }

  private boolean update(IndexedNode node, NodeClass group) {
    group.tree.remove(node);
    boolean more = node.read(group, order);
    group.tree.add(node);
    return more;
  }

  private void classify(IndexedNode node) {
    leave(node);
    if (node.room.isAdmitted()) {
      var group = classes.computeIfAbsent(keyOf(node), NodeClass::new);
      node.group = group;
      node.read(group, order);
      group.tree.add(node);
    }
  }

  /** The key of the class that the node belongs to. */
  NodeClass.Key keyOf(IndexedNode node) {
    boolean alone = byMember || quotasLeft.containsKey(node.key.member());
    return NodeClass.Key.of(node.facts, groups.labelKeys(), alone);
  }

  private void leave(IndexedNode node) {
    var group = node.group;
    if (group != null) {
      group.tree.remove(node);
      node.group = null;
      if (group.isEmpty()) {
        classes.remove(group.key);
      }
    }
  }

  private void classifyAll(String member) {
    nodes.getOrDefault(member, Map.of()).values().forEach(this::classify);
  }

  /** Builds everything anew, because the order or the classes are others now. */
  void classifyAll() {
    classes.clear();
    forEach(
        Scope.WHOLE,
        node -> {
          node.group = null;
          classify(node);
        });
  }

  /** Takes note that nodes were looked at in vain for their labels. */
  void payFor(Demand demand, int looks) {
    if (groups.payFor(demand.requirements(), looks, size)
        && groups.extend(() -> all().map(node -> node.facts).iterator(), size)) {
      classifyAll();
    }
  }

  // --- questions

  /** The classes some of whose nodes may be meant. */
  Collection<NodeClass> classes(Scope scope) {
    if (!(scope instanceof Scope.OfMember one)) {
      return classes.values();
    }
    if (!byMember) {
      byMember = true;
      classifyAll();
    }
    return classes.values().stream()
        .filter(group -> group.key.member().filter(one.member()::equals).isPresent())
        .toList();
  }

  /** The only nodes that can be meant; null where they are not few. */
  @Nullable List<IndexedNode> candidates(Demand demand) {
    if (demand.scope() instanceof Scope.OfNode one) {
      return Stream.ofNullable(find(one.node())).toList();
    }
    if (demand.scope() instanceof Scope.AnyOf several) {
      return several.parts().stream().flatMap(this::nodesIn).toList();
    }
    var wanted = demand.requirements().names();
    if (wanted.isEmpty()) {
      return null;
    }
    var index = names;
    if (index == null) {
      index = new NodeNames();
      all().forEach(index::add);
      names = index;
    }
    return wanted.get().stream()
        .flatMap(index::find)
        .filter(node -> demand.scope().contains(node.key))
        .distinct()
        .toList();
  }

  ClassSearch search(Demand demand, NodeClass group, Quotas quotas) {
    return new ClassSearch(demand, group, groups.labelKeys(), quotas);
  }

  @Nullable IndexedNode find(NodeKey key) {
    var ofMember = nodes.get(key.member());
    return ofMember == null ? null : ofMember.get(key.node());
  }

  /** Whether any node of the scope is known, other than of members that were retired. */
  boolean knowsAny(Scope scope) {
    if (scope instanceof Scope.OfNode one) {
      return find(one.node()) != null && !ledger.isRetired(one.node().member());
    }
    if (scope instanceof Scope.AnyOf several) {
      return several.parts().stream().anyMatch(this::knowsAny);
    }
    return scope instanceof Scope.OfMember one
        ? knowsAny(one.member())
        : nodes.keySet().stream().anyMatch(this::knowsAny);
  }

  private boolean knowsAny(String member) {
    return !nodes.getOrDefault(member, Map.of()).isEmpty() && !ledger.isRetired(member);
  }

  void forEach(Scope scope, Consumer<IndexedNode> action) {
    nodesIn(scope).forEach(action);
  }

  private Stream<IndexedNode> nodesIn(Scope scope) {
    if (scope instanceof Scope.OfNode one) {
      return Stream.ofNullable(find(one.node()));
    }
    return all().filter(node -> scope.contains(node.key));
  }

  private Stream<IndexedNode> all() {
    return nodes.values().stream().flatMap(ofMember -> ofMember.values().stream());
  }

  @Override
  public int drift() {
    return new IndexCheck(this, order).drift(ledger);
  }

  int size() {
    return size;
  }
}
