package io.virtualnode.simulation.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.simulation.protocol.Budget.Fault;
import io.virtualnode.simulation.protocol.Checker.Report;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProtocolTest {

  private static final int MOST_STATES = 20_000_000;
  private static final Bounds QUIET = new Bounds(2, Budget.NOTHING);

  /** A protocol with rules left out, what goes wrong, and the bounds within which it is tried. */
  record Variant(String name, Protocol protocol, Violation violation, Bounds bounds) {

    @Override
    public String toString() {
      return name;
    }
  }

  @DisplayName("all_rules_together_keep_every_promise_in_every_state_within_the_bounds")
  @Test
  void complete() {
    var report =
        check(
            Protocol.complete(),
            QUIET
                .with(Fault.CRASH, 1)
                .with(Fault.LATE, 1) // what never arrives is lost; at once, only the answer is
                .with(Fault.DELETION, 1)
                .with(Fault.MEDDLING, 1)
                .with(Fault.STALE_LIST, 1),
            Checker.ALL);
    System.out.println("protocol: " + report);

    assertThat(report.wrong()).as("%s", report).isEmpty();
    assertThat(report.complete()).as("all states within the bounds").isTrue();
    assertThat(report.states()).isGreaterThan(100_000);
  }

  static Stream<Variant> mistakes() {
    var complete = Protocol.complete();
    return Stream.of(
        new Variant(
            "a_leader_is_killed_before_the_intent_and_creates_are_not_gated",
            complete.without(Rule.GATED_CREATES),
            Violation.TWO_RUNS,
            QUIET.with(Fault.CRASH, 1)),
        new Variant(
            "a_create_comes_after_all_is_over_and_creates_are_not_gated",
            complete.without(Rule.GATED_CREATES),
            Violation.TWO_RUNS,
            QUIET.with(Fault.LATE, 1).with(Fault.DELETION, 1)),
        new Variant(
            "a_gate_is_opened_without_naming_the_uid",
            complete.without(Rule.OPEN_BY_UID),
            Violation.TWO_RUNS,
            QUIET.with(Fault.LATE, 2).with(Fault.DELETION, 1)),
        new Variant(
            "an_intent_does_not_name_the_uid",
            complete.without(Rule.NAMED_UID),
            Violation.TWO_RUNS,
            QUIET.with(Fault.CRASH, 1).with(Fault.LATE, 1).with(Fault.MEDDLING, 1)),
        new Variant(
            "a_leader_is_killed_after_taking_a_delegate_back_that_was_not_marked",
            complete.without(Rule.MARKED),
            Violation.GROUNDLESS_LOSS,
            QUIET.with(Fault.CRASH, 1)),
        new Variant(
            "the_answer_to_taking_a_delegate_back_is_lost_and_it_was_not_marked",
            complete.without(Rule.MARKED),
            Violation.GROUNDLESS_LOSS,
            QUIET.with(Fault.LOSS, 1)),
        new Variant(
            "what_was_taken_back_is_let_go_before_another_is_intended",
            complete.without(Rule.KEPT_UNTIL_MOVED),
            Violation.GROUNDLESS_LOSS,
            QUIET.with(Fault.CRASH, 1)),
        new Variant(
            "a_delegate_is_discarded_that_a_late_intent_names",
            complete.without(Rule.PAST_STRAYS),
            Violation.GROUNDLESS_LOSS,
            QUIET.with(Fault.CRASH, 1).with(Fault.LATE, 1)),
        new Variant(
            "a_delegate_is_taken_back_whatever_has_become_of_it",
            complete.without(Rule.TAKE_BACK_BY_VERSION),
            Violation.TWO_RUNS,
            QUIET),
        new Variant(
            "an_intent_is_stored_over_another_one",
            complete.without(Rule.INTENT_BY_VERSION),
            Violation.TWO_RUNS,
            QUIET.with(Fault.CRASH, 1).with(Fault.LATE, 1)),
        new Variant(
            "a_delegate_is_deleted_by_its_name",
            complete.without(Rule.DELETE_BY_UID),
            Violation.OTHERS_POD,
            QUIET.with(Fault.DELETION, 1).with(Fault.MEDDLING, 1).with(Fault.STRANGER, 1)),
        new Variant(
            "the_proxy_is_finally_deleted_by_its_name",
            complete.without(Rule.FINISH_BY_UID),
            Violation.OTHERS_POD,
            QUIET.with(Fault.DELETION, 2).with(Fault.LATE, 1)),
        new Variant(
            "an_orphan_is_removed_without_asking_the_primary",
            complete.without(Rule.LIVE_GET),
            Violation.KILLED,
            QUIET.with(Fault.CRASH, 1).with(Fault.STALE_LIST, 1)),
        new Variant(
            "another_delegate_follows_one_that_is_gone_and_may_have_run",
            complete.without(Rule.NEVER_AGAIN),
            Violation.TWO_RUNS,
            QUIET.with(Fault.MEDDLING, 1)),
        new Variant(
            "the_proxy_is_finally_deleted_before_its_delegate_is_gone",
            complete.without(Rule.GONE_FIRST),
            Violation.EARLY,
            QUIET.with(Fault.DELETION, 1)));
  }

  @DisplayName("a_protocol_that_is_wrong_has_a_counterexample_when")
  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void mistake(Variant variant) {
    var report = check(variant.protocol, variant.bounds, Set.of(variant.violation));

    assertThat(report.wrong()).as("%s", report).contains(variant.violation.words());
    assertThat(report.trace()).as("the way there").hasSizeGreaterThan(3);
    var right = check(Protocol.complete(), variant.bounds, Checker.ALL);
    assertThat(right.wrong()).as("with all rules: %s", right).isEmpty();
    assertThat(right.complete()).as("with all rules: %s", right).isTrue();
  }

  /** Rules that nothing depends on while others, or better circumstances, hold. */
  static Stream<Variant> dispensable() {
    var complete = Protocol.complete();
    var faults = QUIET.with(Fault.MEDDLING, 1);
    return Stream.of(
        new Variant(
            "deciding_anew_about_an_intent_that_met_another_version",
            complete.without(Rule.DECIDED_ANEW),
            Violation.NONE,
            faults.with(Fault.CRASH, 1).with(Fault.LATE, 1)),
        new Variant(
            "deleting_delegates_by_uid_where_nobody_takes_their_names",
            complete.without(Rule.DELETE_BY_UID),
            Violation.NONE,
            faults.with(Fault.LATE, 1).with(Fault.DELETION, 1)),
        new Variant(
            "names_in_intents_where_no_request_is_late",
            complete.without(Rule.NAMED_UID),
            Violation.NONE,
            faults.with(Fault.CRASH, 1).with(Fault.LOSS, 1)));
  }

  @DisplayName("a_delegate_that_was_marked_and_not_taken_back_never_goes_if_the_mark_stays")
  @Test
  void marked() {
    var bounds = QUIET.with(Fault.DELETION, 1);
    var report = check(Protocol.complete().without(Rule.UNMARKED), bounds, Checker.ALL);

    assertThat(report.wrong())
        .as("%s", report)
        .hasValueSatisfying(
            wrong -> assertThat(wrong).startsWith("from here it never comes to rest"));
  }

  @DisplayName("nothing_is_wrong_without")
  @ParameterizedTest(name = "{0}")
  @MethodSource("dispensable")
  void dispensable(Variant variant) {
    var report = check(variant.protocol, variant.bounds, Checker.ALL);

    assertThat(report.wrong()).as("%s", report).isEmpty();
    assertThat(report.complete()).as("all states within the bounds").isTrue();
  }

  private static Report check(Protocol protocol, Bounds bounds, Set<Violation> watched) {
    return new Checker(protocol, bounds, watched, MOST_STATES).run();
  }
}
