package io.virtualnode.kubernetes.config;

import java.util.List;
import java.util.Map;

/** A YAML document as written: nothing converted, keys in their order. */
sealed interface Tree {

  /** Key to value. */
  record Mapping(Map<String, Tree> entries) implements Tree {}

  /** A list. */
  record Sequence(List<Tree> items) implements Tree {}

  /** Text, quoted or not, that YAML takes for a string. */
  record Text(String value) implements Tree {}

  /** A number, as written. */
  record Numeral(String value) implements Tree {}

  /** {@code true} or {@code false}. */
  record Flag(String value) implements Tree {}

  /** A key without a value, or {@code null}. */
  record Nothing() implements Tree {}

  /** What it is, for a message that says what was expected instead. */
  default String kind() {
    if (this instanceof Mapping) {
      return "a mapping";
    } else if (this instanceof Sequence) {
      return "a list";
    } else if (this instanceof Text) {
      return "a string";
    } else if (this instanceof Numeral) {
      return "a number";
    } else if (this instanceof Flag) {
      return "a boolean";
    }
    return "empty";
  }
}
