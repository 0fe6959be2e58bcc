package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.check;

import java.util.Set;

/**
 * Which labels of its member nodes a virtual node carries, so that pods that select nodes by them
 * schedule in the primary.
 *
 * <p>A label on which all its nodes agree is carried unless it is excluded. Of {@code union}, each
 * key is carried with a value that any of its nodes has, the one that most have where they differ.
 *
 * @param exclude keys never carried
 * @param union keys carried as soon as one node has them
 */
public record InheritedLabels(Set<String> exclude, Set<String> union) {

  /** What all agree on, and nothing else. */
  public static final InheritedLabels DEFAULT = new InheritedLabels(Set.of(), Set.of());

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException if a key is none of a label, or in both sets
   */
  public InheritedLabels {
    exclude = Set.copyOf(exclude);
    union = Set.copyOf(union);
    exclude.forEach(key -> check("exclude", Syntax.labelKey(key)));
    for (var key : union) {
      check("union", Syntax.labelKey(key));
      if (exclude.contains(key)) {
        throw new IllegalArgumentException("union: " + key + " is excluded, too");
      }
    }
  }
}
