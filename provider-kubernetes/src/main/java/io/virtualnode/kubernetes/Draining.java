package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.config.MemberSettings;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which members are drained: those of which the configuration says so, and those that a virtual
 * Node {@linkplain DrainMark names}.
 *
 * <p>A drained member gets nothing new, as one that cannot be reached, but is watched and has its
 * delegates looked after. Thread-safe; not to be called with a forwarding locked.
 */
final class Draining {

  private static final Logger log = LoggerFactory.getLogger(Draining.class);

  private final Account account;
  private final Members members;
  private final Consumer<String> begun;
  private final Map<Scope, Set<String>> marks = new HashMap<>(); // guarded by this
  private Set<String> configured = Set.of(); // guarded by this

  /**
   * None yet.
   *
   * @param begun told the name of a member that is drained from now on
   */
  Draining(Account account, Members members, Consumer<String> begun) {
    this.account = account;
    this.members = members;
    this.begun = begun;
  }

  /** The virtual Node of that scope names these members. */
  synchronized void marked(Scope scope, Set<String> names) {
    if (!names.equals(marks.put(scope, names))) {
      apply();
    }
  }

  /** There is no virtual Node of that scope any more. */
  synchronized void unmarked(Scope scope) {
    marks.remove(scope);
    apply();
  }

  /** What is configured now; to be told before the members are, so that nothing new slips in. */
  synchronized void configured(List<MemberSettings> settings) {
    configured =
        settings.stream()
            .filter(MemberSettings::drain)
            .map(MemberSettings::name)
            .collect(Collectors.toSet());
    apply();
  }

  private void apply() {
    var now = new HashSet<>(configured);
    marks.values().forEach(now::addAll);
    var before = members.draining();
    // Also those that were drained before: one that was forgotten meanwhile is new to the ledger.
    account.update(
        ledger -> {
          before.forEach(name -> ledger.setDraining(name, now.contains(name)));
          now.forEach(name -> ledger.setDraining(name, true));
        });
    members.setDraining(Set.copyOf(now));
    for (var name : now) {
      if (!before.contains(name)) {
        log.info("member {} is drained: it gets nothing new", name);
        begun.accept(name);
      }
    }
    before.stream()
        .filter(name -> !now.contains(name))
        .forEach(name -> log.info("member {} is no longer drained", name));
  }

  /**
   * The members that are drained, and of each whether it is empty of delegates: none is there that
   * has not ended, and none is on its way.
   *
   * @param inSight whether what is in a member is known
   */
  SortedMap<String, Boolean> progress(Predicate<String> inSight) {
    var progress = new TreeMap<String, Boolean>();
    for (var name : members.draining()) {
      boolean empty = account.read(ledger -> ledger.slotsIn(name)) == 0;
      progress.put(name, empty && (members.find(name).isEmpty() || inSight.test(name)));
    }
    return progress;
  }
}
