package io.virtualnode.simulation.protocol;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Visits every state that can be reached within bounds, the nearest first, so that what it finds
 * wrong is told by one of the shortest ways there.
 *
 * <p>Safety is looked at in every step. That all comes to rest is looked at when all states are
 * known: from each of them there must be a way, without any further fault, to a state that may stay
 * as it is; and where nothing can happen any more, that must be such a state. If leaders, clusters
 * and the network go on and leave no possible step out for ever, all then comes to rest.
 */
final class Checker {

  /** Only those are looked for: everything. */
  static final Set<Violation> ALL = Set.copyOf(EnumSet.allOf(Violation.class));

  private final Protocol protocol;
  private final Decisions decisions;
  private final Replies replies;
  private final Bounds bounds;
  private final Set<Violation> watched;
  private final int mostStates;
  private final StateTable table = new StateTable();
  private final Progress progress = new Progress();
  private final BitSet settled = new BitSet();

  /**
   * What was found.
   *
   * @param states that were visited
   * @param depth how many steps the farthest of them is away
   * @param complete whether these are all within the bounds
   * @param wrong what is wrong, if anything is
   * @param trace how it comes about, in words
   */
  record Report(
      int states, int depth, boolean complete, Optional<String> wrong, List<String> trace) {

    @Override
    public String toString() {
      var text = new StringBuilder();
      for (int i = 0; i < trace.size(); i++) {
        text.append("%3d  %s%n".formatted(i + 1, trace.get(i)));
      }
      wrong.ifPresent(what -> text.append("WRONG: %s%n".formatted(what)));
      return text.append(
              "%,d states%s, depth %d, %s"
                  .formatted(
                      states,
                      complete ? "" : " (not all)",
                      depth,
                      wrong.isPresent() ? "wrong" : "nothing wrong"))
          .toString();
    }
  }

  /**
   * A checker, for one run.
   *
   * @param watched what is looked for; anything else is gone past
   * @param mostStates where to give up
   */
  Checker(Protocol protocol, Bounds bounds, Set<Violation> watched, int mostStates) {
    this.protocol = protocol;
    this.decisions = new Decisions(protocol, bounds.attempts());
    this.replies = new Replies(protocol);
    this.bounds = bounds;
    this.watched = watched;
    this.mostStates = mostStates;
  }

  Report run() {
    table.number(State.initial(bounds, protocol), -1);
    int depth = 0;
    int endOfDepth = 1;
    for (int number = 0; number < table.size(); number++) {
      if (number == endOfDepth) {
        depth++;
        endOfDepth = table.size();
      }
      if (table.size() > mostStates) {
        return new Report(table.size(), depth, false, Optional.empty(), List.of());
      }
      var state = table.state(number);
      for (var step : Successors.of(state, decisions, replies)) {
        var after = step.after().normal();
        var violation = violation(step, after);
        if (violation != Violation.NONE && watched.contains(violation)) {
          var trace = trace(number);
          trace.add(step.words().get());
          return wrong(depth + 1, violation.words(), trace);
        }
        int next = table.number(after, number);
        if (step.progress() && next != number) {
          progress.add(next);
        }
      }
      boolean moves = progress.endState();
      settled.set(number, !moves && state.isSettled());
    }
    return atRest(depth);
  }

  private static Violation violation(Step step, State after) {
    return step.violation() == Violation.NONE && after.runsElsewhere()
        ? Violation.ELSEWHERE
        : step.violation();
  }

  private Report atRest(int depth) {
    progress.close(settled);
    int restless = settled.nextClearBit(0);
    return restless == table.size()
        ? new Report(table.size(), depth, true, Optional.empty(), List.of())
        : wrong(
            depth,
            "from here it never comes to rest as it should: " + table.state(restless),
            trace(restless));
  }

  private Report wrong(int depth, String what, List<String> trace) {
    return new Report(table.size(), depth, false, Optional.of(what), trace);
  }

  /** The words of the steps that first led to that state. */
  private List<String> trace(int number) {
    Deque<Integer> way = new ArrayDeque<>();
    for (int at = number; at >= 0; at = table.origin(at)) {
      way.addFirst(at);
    }
    var words = new ArrayList<String>();
    words.add("the leader is about to send: " + table.state(way.removeFirst()).leader().sent());
    int from = 0;
    for (int to : way) {
      words.add(between(from, to));
      from = to;
    }
    return words;
  }

  private String between(int from, int to) {
    return Successors.of(table.state(from), decisions, replies).stream()
        .filter(step -> table.number(step.after().normal(), from) == to)
        .map(step -> step.words().get())
        .findFirst()
        .orElseThrow();
  }
}
