package io.virtualnode.kubernetes.capacity;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All members of a {@link Ledger}, and which of their nodes have to be computed anew. */
final class MemberAccounts {

  private final Map<String, MemberAccount> members = new HashMap<>();
  private final List<NodeAccount> touchedNodes = new ArrayList<>();
  private final Set<MemberAccount> touchedQuotas = new LinkedHashSet<>();
  private final List<RoomObserver> observers = new ArrayList<>();
  private final Tally spare = new Tally(); // of all members
  private final Tally others = new Tally();
  private final Tally ours = new Tally();

  MemberAccount member(String name) {
    var member = members.get(requireNonNull(name, "member is null"));
    if (member == null) {
      member = new MemberAccount(name);
      members.put(name, member);
    }
    return member;
  }

  @Nullable MemberAccount find(String name) {
    return members.get(name);
  }

  NodeAccount node(NodeKey key) {
    return member(key.member()).node(key.node());
  }

  @Nullable NodeAccount find(NodeKey key) {
    var member = members.get(key.member());
    return member == null ? null : member.nodes.get(key.node());
  }

  Collection<MemberAccount> all() {
    return members.values();
  }

  void observe(RoomObserver observer) {
    observers.add(observer);
    for (var member : members.values()) {
      for (var node : member.nodes.values()) {
        if (node.facts != null) {
          observer.roomChanged(node);
        }
      }
      if (member.quota != null) {
        observer.quotaChanged(member.name);
      }
    }
  }

  void ignore(RoomObserver observer) {
    observers.remove(observer);
  }

  Collection<RoomObserver> observers() {
    return observers;
  }

  void remove(MemberAccount member) {
    members.remove(member.name);
    spare.subtract(member.spare.toResources());
    for (var node : member.nodes.values()) {
      observers.forEach(observer -> observer.roomGone(node.key));
    }
    observers.forEach(observer -> observer.quotaChanged(member.name));
  }

  void retire(MemberAccount member, boolean retired) {
    member.retired = retired;
    touchAll(member);
    flush();
    observers.forEach(observer -> observer.retirementChanged(member.name));
  }

  void add(PodLine pod) {
    pod.member.pods.put(pod.uid, pod);
    if (pod.node != null) {
      pod.node.pods.add(pod.request);
      touch(pod.node);
    }
    if (pod.underQuota) {
      pod.member.underQuota.add(pod.request);
      touchQuota(pod.member);
    }
  }

  void remove(PodLine pod) {
    pod.member.pods.remove(pod.uid);
    if (pod.node != null) {
      pod.node.pods.remove(pod.request);
      touch(pod.node);
    }
    if (pod.underQuota) {
      pod.member.underQuota.subtract(pod.request);
      touchQuota(pod.member);
    }
  }

  void forEachKnown(Consumer<NodeAccount> action) {
    for (var member : members.values()) {
      for (var node : member.nodes.values()) {
        if (node.facts != null) {
          action.accept(node);
        }
      }
    }
  }

  Resources spare() {
    return spare.toResources();
  }

  /** What the scope's nodes add to its offer beyond what our pods hold. */
  Resources newRoom(Scope scope) {
    if (scope instanceof Scope.OfNode one) {
      var node = find(one.node());
      return node == null ? Resources.NONE : node.member.newRoom(node);
    }
    if (scope instanceof Scope.OfMember one) {
      var member = members.get(one.member());
      return member == null ? Resources.NONE : member.newRoom();
    }
    var sum = new Tally();
    if (scope instanceof Scope.AnyOf several) {
      several.parts().forEach(part -> sum.add(newRoom(part)));
      return sum.toResources();
    }
    sum.add(spare.toResources());
    for (var member : members.values()) {
      if (member.quota != null) {
        sum.subtract(member.spare.toResources());
        sum.add(member.newRoom());
      }
    }
    return sum.toResources();
  }

  /** Those resources that some node of the scope has, so that nothing is offered that none had. */
  Resources known(Scope scope, Resources resources) {
    var known = new HashMap<String, Long>();
    for (var name : resources.names()) {
      if (isKnown(scope, name)) {
        known.put(name, resources.get(name));
      }
    }
    return Resources.of(known);
  }

  private boolean isKnown(Scope scope, String resource) {
    if (scope instanceof Scope.OfNode one) {
      var node = find(one.node());
      return node != null && node.allocatable().names().contains(resource);
    }
    return members.values().stream()
        .filter(
            member -> !(scope instanceof Scope.OfMember one) || one.member().equals(member.name))
        .anyMatch(member -> member.naming.containsKey(resource));
  }

  /** The node's pods, slots or facts have changed. */
  void touch(NodeAccount node) {
    if (!node.touched) {
      node.touched = true;
      touchedNodes.add(node);
    }
  }

  void touchAll(MemberAccount member) {
    member.nodes.values().forEach(this::touch);
  }

  /** The member's quota, if it has one, or its use is about to change or has changed. */
  void touchQuota(MemberAccount member) {
    member.forgetShares();
    if (member.quota != null) {
      touchedQuotas.add(member);
    }
  }

  /** Computes anew what was touched, once each, and tells the observers. */
  void flush() {
    for (var node : touchedNodes) {
      node.touched = false;
      var member = node.member;
      member.forgetShares();
      member.spare.subtract(node.spare());
      spare.subtract(node.spare());
      boolean changed = node.recompute(others, ours);
      member.spare.add(node.spare());
      spare.add(node.spare());
      if (node.isEmpty()) {
        member.nodes.remove(node.key.node(), node);
      }
      if (changed || node.factsChanged) {
        tell(node);
      }
    }
    touchedNodes.clear();
    for (var member : touchedQuotas) {
      observers.forEach(observer -> observer.quotaChanged(member.name));
    }
    touchedQuotas.clear();
  }

  private void tell(NodeAccount node) {
    node.factsChanged = false;
    for (var observer : observers) {
      if (node.facts == null) {
        observer.roomGone(node.key);
      } else {
        observer.roomChanged(node);
      }
    }
  }
}
