package io.virtualnode.kubernetes.config;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;

/**
 * What differs between the configuration in force and a new one.
 *
 * @param added members that are new, in the new order
 * @param removed members that are gone, as they were
 * @param changed members of the same name with other settings, in the new order
 * @param maxAgeChanged whether the promised age of data is another
 * @param needsRestart what cannot be applied to a running process, one line each; until the restart
 *     the old values stay in force
 */
public record ConfigurationChange(
    List<MemberSettings> added,
    List<MemberSettings> removed,
    List<Changed> changed,
    boolean maxAgeChanged,
    List<String> needsRestart) {

  /** One member before and after. */
  public record Changed(MemberSettings before, MemberSettings after) {

    /** Checks that both are the same member. */
    public Changed {
      if (!before.name().equals(after.name())) {
        throw new IllegalArgumentException(before.name() + " cannot become " + after.name());
      }
    }
  }

  /** Copies the lists. */
  public ConfigurationChange {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    changed = List.copyOf(changed);
    needsRestart = List.copyOf(needsRestart);
  }

  /** The difference from {@code before} to {@code after}; members are the same by name. */
  public static ConfigurationChange between(Configuration before, Configuration after) {
    var added = new ArrayList<MemberSettings>();
    var changed = new ArrayList<Changed>();
    for (var member : after.members()) {
      var old = before.member(member.name());
      if (old.isEmpty()) {
        added.add(member);
      } else if (!old.get().equals(member)) {
        changed.add(new Changed(old.get(), member));
      }
    }
    var removed =
        before.members().stream().filter(member -> after.member(member.name()).isEmpty()).toList();
    return new ConfigurationChange(
        added,
        removed,
        changed,
        !before.maxAge().equals(after.maxAge()),
        needsRestart(before, after));
  }

  /** Whether nothing differs. */
  public boolean isEmpty() {
    return added.isEmpty()
        && removed.isEmpty()
        && changed.isEmpty()
        && !maxAgeChanged
        && needsRestart.isEmpty();
  }

  private static List<String> needsRestart(Configuration before, Configuration after) {
    var warnings = new ArrayList<String>();
    compare("node.name", before.node().name(), after.node().name(), warnings);
    compare("node.labels", before.node().labels(), after.node().labels(), warnings);
    compare("node.taints", before.node().taints(), after.node().taints(), warnings);
    compare("node.internalIp", before.node().internalIp(), after.node().internalIp(), warnings);
    compare("primary", before.primary(), after.primary(), warnings);
    return warnings;
  }

  private static void compare(String path, Object before, Object after, List<String> warnings) {
    requireNonNull(before, "before is null");
    if (!before.equals(after)) {
      warnings.add(path + ": changed, takes effect at the next start");
    }
  }
}
