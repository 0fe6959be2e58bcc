package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.ApiServers.Answer;
import io.virtualnode.simulation.protocol.Delegate.Phase;
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
      case INTEND, RECORD, SHOW_RUN, SHOW_END, SHOW_LOSS -> patched(free, request, answer, after);
      case FINISH -> free.seeing(after.proxy());
      case POST, ENTOMB, OPEN, DELETE, TAKE_BACK ->
          inMember(free, request, answer, after.members().at(request.place()));
      case NOTHING -> throw new IllegalArgumentException("no request");
    };
  }

  private Leader inMember(Leader leader, Request request, Answer answer, Delegate there) {
    var place = request.place();
    if (!place.equals(leader.proxy().intent())) {
      return leader.seeing(place, there); // meanwhile it has learnt that the intent is another
    }
    return switch (request.kind()) {
      case POST -> posted(leader, place, answer, there);
      case ENTOMB -> entombed(leader, place, answer, there);
      case TAKE_BACK ->
          answer == Answer.DONE
              ? leader.takenBack(
                  place,
                  request.uid(),
                  protocol.has(Rule.TOMBSTONES) ? Memory.TAKEN_BACK : Memory.BURIED)
              : leader.seeing(place, there);
      case OPEN, DELETE -> leader.seeing(place, there);
      case NOTHING, INTEND, RECORD, SHOW_RUN, SHOW_END, SHOW_LOSS, FINISH ->
          throw new IllegalArgumentException("no write to a member: " + request);
    };
  }

  private Leader patched(Leader leader, Request request, Answer answer, State after) {
    boolean again =
        answer == Answer.CONFLICT
            && request.kind() == Kind.INTEND
            && !protocol.has(Rule.DECIDED_ANEW);
    return again
        ? leader.sending(
            Request.patch(Kind.INTEND, after.proxy().version(), request.place(), request.uid()))
        : leader.seeing(after.proxy());
  }

  private static Leader posted(Leader leader, Place place, Answer answer, Delegate there) {
    if (answer == Answer.DONE || there.isDelegate()) {
      return leader.seen() != 0 ? leader : leader.remembering(Memory.ACCEPTED);
    }
    return there.phase() == Phase.TOMBSTONE
        ? leader.seeing(place, there)
        : leader.remembering(Memory.REFUSED);
  }

  private static Leader entombed(Leader leader, Place place, Answer answer, Delegate there) {
    if (answer == Answer.DONE || there.phase() == Phase.TOMBSTONE) {
      return leader.seeing(place, there).remembering(Memory.BURIED);
    }
    return leader.memory() == Memory.TAKEN_BACK ? leader.keeping() : leader;
  }
}
