package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Delegate.Phase;
import io.virtualnode.simulation.protocol.Proxy.End;
import io.virtualnode.simulation.protocol.Proxy.Presence;
import io.virtualnode.simulation.protocol.Request.Kind;

/** What the API servers of the primary and of the members make of a request. Pure. */
final class ApiServers {

  private ApiServers() {}

  /** What they say. */
  enum Answer {
    DONE("done"),
    CONFLICT("409 Conflict"),
    NOT_FOUND("404 Not Found");

    private final String words;

    Answer(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /** A request's effect, its answer, and what was wrong about it. */
  record Effect(State after, Answer answer, Violation violation) {

    private static Effect done(State after) {
      return new Effect(after, Answer.DONE, Violation.NONE);
    }

    private Effect wrongIf(boolean wrong, Violation violation) {
      return wrong ? new Effect(after, answer, violation) : this;
    }
  }

  /** Carries out a request. */
  static Effect apply(State state, Request request) {
    return switch (request.kind()) {
      case INTEND, SHOW_RUN, SHOW_END, SHOW_LOSS -> patch(state, request);
      case FINISH -> finish(state, request);
      case POST -> create(state, request);
      case OPEN -> open(state, request);
      case MARK -> mark(state, request);
      case LET_GO -> letGo(state, request);
      case DELETE, DISCARD, TAKE_BACK -> delete(state, request);
      case NOTHING -> throw new IllegalArgumentException("no request");
    };
  }

  private static Effect patch(State state, Request request) {
    var proxy = state.proxy();
    if (!proxy.exists()) {
      return refused(state, Answer.NOT_FOUND);
    }
    if (request.version() != Request.ANY && request.version() != proxy.version()) {
      return refused(state, Answer.CONFLICT);
    }
    var members = state.members();
    return switch (request.kind()) {
      case INTEND -> Effect.done(state.with(proxy.intended(request.place(), request.uid())));
      case SHOW_RUN -> Effect.done(state.with(proxy.running()));
      case SHOW_END ->
          Effect.done(state.with(proxy.ended(End.TOLD)))
              .wrongIf(!members.ran(request.place(), request.uid()), Violation.FALSE_END);
      case SHOW_LOSS ->
          Effect.done(state.with(proxy.ended(End.LOST)))
              .wrongIf(
                  members.places().stream()
                      .anyMatch(there -> there.mayRun() || there.phase() == Phase.ENDED),
                  Violation.FALSE_LOSS)
              .wrongIf(!members.hasRun() && !members.meddled(), Violation.GROUNDLESS_LOSS);
      case NOTHING, FINISH, POST, OPEN, DELETE, DISCARD, MARK, TAKE_BACK, LET_GO ->
          throw new IllegalArgumentException("no patch of the proxy: " + request);
    };
  }

  private static Effect finish(State state, Request request) {
    boolean byName = request.uid() == Request.ANY;
    return switch (state.proxy().presence()) {
      case LIVE, DELETING ->
          Effect.done(state.with(Proxy.GONE))
              .wrongIf(
                  state.members().places().stream().anyMatch(Delegate::mayRun), Violation.EARLY);
      case REPLACED ->
          byName
              ? Effect.done(state.with(Proxy.GONE)).wrongIf(true, Violation.OTHERS_POD)
              : refused(state, Answer.CONFLICT);
      case GONE, ABSENT -> refused(state, Answer.NOT_FOUND);
    };
  }

  private static Effect create(State state, Request request) {
    var place = request.place();
    if (state.members().at(place).phase() != Phase.NONE) {
      return refused(state, Answer.CONFLICT);
    }
    var created = new Delegate(request.phase(), state.freshUid(place), false, false);
    return Effect.done(state.with(state.members().with(place, created)));
  }

  private static Effect open(State state, Request request) {
    var there = state.members().at(request.place());
    if (!there.isOurs()) {
      return refused(state, Answer.NOT_FOUND);
    }
    return there.phase() == Phase.GATED && request.names(there.uid())
        ? Effect.done(state.with(state.members().with(request.place(), there.in(Phase.OPEN))))
        : refused(state, Answer.CONFLICT);
  }

  private static Effect mark(State state, Request request) {
    var there = state.members().at(request.place());
    if (!there.isDelegate()) {
      return refused(state, Answer.NOT_FOUND);
    }
    return request.names(there.uid()) && request.isUnchanged(there) && !there.deleting()
        ? Effect.done(state.with(state.members().with(request.place(), there.withMark())))
        : refused(state, Answer.CONFLICT);
  }

  private static Effect letGo(State state, Request request) {
    var there = state.members().at(request.place());
    return request.names(there.uid())
        ? Effect.done(state.with(state.members().with(request.place(), there.withoutMark())))
        : refused(state, Answer.NOT_FOUND);
  }

  private static Effect delete(State state, Request request) {
    var there = state.members().at(request.place());
    if (there.phase() == Phase.NONE) {
      return refused(state, Answer.NOT_FOUND);
    }
    if (!request.names(there.uid()) || !request.isUnchanged(there)) {
      return refused(state, Answer.CONFLICT);
    }
    boolean killed =
        state.proxy().presence() == Presence.LIVE
            && there.isDelegate()
            && (there.isOnNode() || request.kind() == Kind.DELETE);
    return Effect.done(state.with(state.members().with(request.place(), there.deleted())))
        .wrongIf(killed, Violation.KILLED)
        .wrongIf(there.phase() == Phase.FOREIGN, Violation.OTHERS_POD);
  }

  private static Effect refused(State state, Answer answer) {
    return new Effect(state, answer, Violation.NONE);
  }
}
