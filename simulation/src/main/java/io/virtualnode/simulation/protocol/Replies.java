package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.ApiServers.Answer;
import io.virtualnode.simulation.protocol.Leader.Memory;
import io.virtualnode.simulation.protocol.Request.Kind;

/** What a leader makes of the answer to its request. Pure. */
final class Replies {

  private final Protocol protocol;

  Replies(Protocol protocol) {
    this.protocol = protocol;
  }

  /**
   * The leader after the answer.
   *
   * @param after what there is now: whoever is refused looks at it
   */
  Leader take(Leader leader, Answer answer, State after) {
    var request = leader.sent();
    var free = leader.sending(Request.NONE);
    return switch (request.kind()) {
      case INTEND, SHOW_RUN, SHOW_END, SHOW_LOSS -> patched(free, request, answer, after);
      case FINISH -> free.seeing(after.proxy());
      case POST, OPEN, DELETE, DISCARD, MARK, TAKE_BACK, LET_GO ->
          inMember(free, request, answer, after.members().at(request.place()));
      case NOTHING -> throw new IllegalArgumentException("no request");
    };
  }

  private static Leader inMember(Leader leader, Request request, Answer answer, Delegate there) {
    var place = request.place();
    if (request.kind() == Kind.POST) {
      return there.isDelegate() ? leader.making(place, there.uid()) : leader.seeing(place, there);
    }
    var knowing = leader.seeing(place, there);
    if (!place.equals(leader.proxy().intent()) || leader.memory() == Memory.TAKEN_BACK) {
      return knowing; // meanwhile it has learnt that the intent is another
    }
    boolean done = answer == Answer.DONE;
    if (request.kind() == Kind.TAKE_BACK && done) {
      return knowing.remembering(Memory.TAKEN_BACK);
    }
    if (request.kind() == Kind.OPEN) {
      boolean vanished = !leader.isIntended(there);
      return vanished ? knowing.remembering(Memory.VANISHED) : opened(leader, knowing, done);
    }
    return knowing;
  }

  /** Whoever is told that it is done has not seen it by that. */
  private static Leader opened(Leader before, Leader knowing, boolean done) {
    return done && before.seen() == 0 ? before.remembering(Memory.ACCEPTED) : knowing;
  }

  private Leader patched(Leader leader, Request request, Answer answer, State after) {
    if (request.kind() != Kind.INTEND || protocol.has(Rule.DECIDED_ANEW)) {
      return leader.seeing(after.proxy());
    }
    return answer == Answer.CONFLICT
        ? leader.sending(
            Request.patch(Kind.INTEND, after.proxy().version(), request.place(), request.uid()))
        : leader.making(request.place(), request.uid()).seeing(after.proxy());
  }
}
