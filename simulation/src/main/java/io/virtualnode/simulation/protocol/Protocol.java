package io.virtualnode.simulation.protocol;

import java.util.EnumSet;
import java.util.Set;

/** The rules that are in force. */
record Protocol(Set<Rule> rules) {

  Protocol {
    rules = Set.copyOf(rules);
  }

  /** All rules. */
  static Protocol complete() {
    return new Protocol(EnumSet.allOf(Rule.class));
  }

  Protocol without(Rule... left) {
    var fewer = EnumSet.copyOf(rules);
    fewer.removeAll(Set.of(left));
    return new Protocol(fewer);
  }

  boolean has(Rule rule) {
    return rules.contains(rule);
  }
}
