package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Budget.Fault;
import io.virtualnode.simulation.protocol.Delegate.Phase;
import io.virtualnode.simulation.protocol.Leader.Memory;
import io.virtualnode.simulation.protocol.Place.Cluster;
import io.virtualnode.simulation.protocol.Proxy.End;
import io.virtualnode.simulation.protocol.Proxy.Presence;
import io.virtualnode.simulation.protocol.Request.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** All that may happen in one state. Used once. */
final class Successors {

  private final State state;
  private final Decisions decisions;
  private final Replies replies;
  private final List<Step> steps = new ArrayList<>();

  private Successors(State state, Decisions decisions, Replies replies) {
    this.state = state;
    this.decisions = decisions;
    this.replies = replies;
  }

  static List<Step> of(State state, Decisions decisions, Replies replies) {
    var successors = new Successors(state, decisions, replies);
    successors.leader();
    successors.late();
    successors.members();
    successors.users();
    successors.others();
    return successors.steps;
  }

  // --- the leader

  private void leader() {
    var leader = state.leader();
    if (leader.isNobody()) {
      takeOver();
      return;
    }
    watch();
    if (leader.isIdle()) {
      act();
    } else {
      await();
    }
    if (may(Fault.CRASH)) {
      crash();
    }
  }

  private void takeOver() {
    int places = state.members().places().size();
    var listed = state.proxy().exists() ? state.proxy() : Proxy.ABSENT;
    progress(
        () -> "a leader takes over and lists the primary",
        state.with(Leader.beginning(listed, places)));
    if (may(Fault.STALE_LIST) && state.proxy().exists()) {
      wrong(
          () -> "a leader takes over with a list of the primary from before the proxy was there",
          state.with(Leader.beginning(Proxy.ABSENT, places)).spending(Fault.STALE_LIST));
    }
  }

  private void watch() {
    var leader = state.leader();
    progress(
        () -> "the leader's watch of the primary catches up",
        state.with(leader.seeing(state.proxy())));
    for (var cluster : Cluster.values()) {
      progress(
          () -> "the leader's watch of member %s catches up".formatted(cluster),
          state.with(leader.seeing(cluster, state.members())));
    }
  }

  private void act() {
    var leader = state.leader();
    for (var request : decisions.next(leader)) {
      progress(
          () -> "the leader is about to send: %s".formatted(request),
          state.with(leader.sending(request)));
    }
    if (may(Fault.SECOND_CHOICE)) {
      for (var request : decisions.secondChoices(leader)) {
        wrong(
            () -> "the leader places it elsewhere and is about to send: %s".formatted(request),
            state.with(leader.sending(request)).spending(Fault.SECOND_CHOICE));
      }
    }
    if (decisions.asksPrimary(leader)) {
      progress(
          () -> "the leader asks the primary for the proxy, which it does not see",
          state.with(
              state.proxy().exists() ? leader.seeing(state.proxy()) : leader.knowingItGone()));
    }
    if (decisions.asksMember(leader)) {
      askMember(leader, leader.proxy().intent());
    }
  }

  private void askMember(Leader leader, Place place) {
    var there = state.members().at(place);
    var none = leader.memory() == Memory.ACCEPTED ? Memory.VANISHED : Memory.GONE;
    var told = leader.seeing(place, there);
    progress(
        () -> "the leader asks member %s for %s".formatted(place.cluster(), place),
        state.with(leader.isIntended(there) ? told : told.remembering(none)));
  }

  private void await() {
    var leader = state.leader();
    var request = leader.sent();
    var effect = ApiServers.apply(state, request);
    steps.add(
        new Step(
            () -> "it arrives and is answered: %s".formatted(effect.answer()),
            effect.after().with(replies.take(leader, effect.answer(), effect.after())),
            true,
            effect.violation()));
    var free = leader.sending(Request.NONE);
    if (may(Fault.LOSS)) {
      wrong(() -> "it is lost", state.with(free).spending(Fault.LOSS));
      steps.add(
          new Step(
              () -> "it arrives (%s), and the answer is lost".formatted(effect.answer()),
              effect.after().with(free).spending(Fault.LOSS),
              false,
              effect.violation()));
    }
    if (may(Fault.LATE)) {
      wrong(() -> "the leader gives it up, and it is still under way", leaving(free, request));
    }
  }

  private void crash() {
    var request = state.leader().sent();
    var after = state.with(Leader.NOBODY).spending(Fault.CRASH);
    wrong(() -> "the leader is killed, or frozen for good", after);
    if (!state.leader().isIdle() && may(Fault.LATE)) {
      wrong(
          () -> "the leader is killed or frozen, and what it was about to send can come later",
          leaving(Leader.NOBODY, request).spending(Fault.CRASH));
    }
  }

  private State leaving(Leader leader, Request request) {
    return state.with(leader).with(state.network().adding(request)).spending(Fault.LATE);
  }

  // --- requests whose sender awaits them no more

  private void late() {
    for (var request : state.network().late().stream().distinct().toList()) {
      var effect = ApiServers.apply(state, request);
      steps.add(
          new Step(
              () -> "a late request arrives: %s: %s".formatted(request, effect.answer()),
              effect.after().with(effect.after().network().removing(request)),
              true,
              effect.violation()));
    }
  }

  // --- the members

  private void members() {
    for (int i = 0; i < state.members().places().size(); i++) {
      var place = Place.of(i);
      var there = state.members().at(place);
      var name = place + "#" + there.uid();
      if (there.phase() == Phase.OPEN) {
        start(place, name);
      } else if (there.phase() == Phase.RUNNING) {
        progress(
            () -> "%s ends".formatted(name),
            state.with(state.members().with(place, there.in(Phase.ENDED))));
      } else if (there.deleting() && !there.marked()) {
        progress(
            () -> "member %s has ended and removes %s".formatted(place.cluster(), name),
            state.with(state.members().with(place, Delegate.NONE)));
      }
    }
  }

  private void start(Place place, String name) {
    var violation =
        state.members().hasRun()
            ? Violation.TWO_RUNS
            : state.proxy().end() == End.NONE ? Violation.NONE : Violation.RUN_AFTER_END;
    steps.add(
        new Step(
            () -> "member %s starts %s".formatted(place.cluster(), name),
            state.with(state.members().started(place)),
            true,
            violation));
  }

  // --- people

  private void users() {
    if (!may(Fault.DELETION)) {
      return;
    }
    var proxy = state.proxy();
    if (proxy.presence() == Presence.LIVE) {
      wrong(() -> "a user deletes the proxy", state.with(proxy.deleted()).spending(Fault.DELETION));
    }
    if (proxy.exists()) {
      wrong(
          () -> "a user deletes the proxy by force",
          state.with(Proxy.GONE).spending(Fault.DELETION));
    }
    if (proxy.presence() == Presence.GONE && isFinishUnderWay()) { // else it makes no difference
      wrong(
          () -> "a user creates another pod of the proxy's name",
          state.with(Proxy.REPLACED).spending(Fault.DELETION));
    }
  }

  private boolean isFinishUnderWay() {
    return state.leader().sent().kind() == Kind.FINISH
        || state.network().late().stream().anyMatch(late -> late.kind() == Kind.FINISH);
  }

  private void others() {
    for (int i = 0; i < state.members().places().size(); i++) {
      var place = Place.of(i);
      var there = state.members().at(place);
      if (may(Fault.MEDDLING) && there.isOurs()) {
        meddle(place, there);
      }
      if (may(Fault.STRANGER) && there.phase() == Phase.NONE) {
        wrong(
            () -> "somebody creates a pod of the name %s".formatted(place),
            state.with(state.members().with(place, Delegate.FOREIGN)).spending(Fault.STRANGER));
      }
    }
  }

  private void meddle(Place place, Delegate there) {
    var name = place + "#" + there.uid();
    wrong(
        () -> "somebody deletes %s, which is gone at once".formatted(name),
        state.with(state.members().meddledWith(place, Delegate.NONE)).spending(Fault.MEDDLING));
    var left = there.deleted();
    if (left.isOurs() && !left.equals(there)) {
      wrong(
          () -> "somebody deletes %s".formatted(name),
          state.with(state.members().meddledWith(place, left)).spending(Fault.MEDDLING));
    }
  }

  private boolean may(Fault fault) {
    return state.network().budget().has(fault);
  }

  private void progress(Supplier<String> words, State after) {
    steps.add(new Step(words, after, true, Violation.NONE));
  }

  private void wrong(Supplier<String> words, State after) {
    steps.add(new Step(words, after, false, Violation.NONE));
  }
}
