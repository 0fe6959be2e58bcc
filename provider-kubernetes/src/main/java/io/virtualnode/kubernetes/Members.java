package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.kubernetes.member.Member;
import io.virtualnode.kubernetes.member.MemberListener;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members in force. A member taken out of the configuration is <em>retired</em>: it offers
 * nothing new but is watched until the last delegate in it has gone.
 *
 * <p>Thread-safe. Questions take no lock, so they may be asked with any lock held; changes exclude
 * each other and call the listener, so they must be asked for with none.
 */
final class Members implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Members.class);

  private final Function<MemberSettings, KubernetesClient> clients;
  private final MemberListener listener;
  private final ScheduledExecutorService timer;
  private volatile Map<String, Entry> entries = Map.of(); // replaced under this, never changed
  private boolean closed; // guarded by this
  private volatile Set<String> draining = Set.of();

  /** A member, with where its cluster was when it was connected. */
  private record Entry(Member member, Optional<String> place, boolean retired) {

    Entry retired(boolean now) {
      return new Entry(member, place, now);
    }
  }

  /**
   * No members yet.
   *
   * @param clients makes a client for a member, which is closed with it
   */
  Members(
      Function<MemberSettings, KubernetesClient> clients,
      MemberListener listener,
      ScheduledExecutorService timer) {
    this.clients = clients;
    this.listener = listener;
    this.timer = timer;
  }

  /**
   * Makes the configured members the ones in force: starts, connects anew where settings have
   * changed or a kubeconfig leads elsewhere, and retires. Credentials that change are used by the
   * clients without this.
   */
  synchronized void configure(List<MemberSettings> configured, Duration maxAge) {
    if (closed) {
      return;
    }
    var names = new HashSet<String>();
    for (var settings : configured) {
      names.add(settings.name());
      var entry = entries.get(settings.name());
      var place = settings.access().api().place();
      if (entry == null
          || !place.or(entry::place).equals(entry.place)
          || !entry.member.settings().withDrain(settings.drain()).equals(settings)
          || !entry.member.maxAge().equals(maxAge)) {
        replace(settings, maxAge, place);
      } else if (entry.retired) {
        log.info("member {} is configured again", settings.name());
        put(entry.retired(false));
        listener.freshnessChanged(entry.member, entry.member.isFresh());
      }
    }
    for (var entry : List.copyOf(entries.values())) {
      if (!names.contains(entry.member.name()) && !entry.retired) {
        log.info("member {} is no longer configured: it offers nothing new", entry.member.name());
        put(entry.retired(true));
        listener.freshnessChanged(entry.member, false);
      }
    }
  }

  private void replace(MemberSettings settings, Duration maxAge, Optional<String> place) {
    var before = entries.get(settings.name());
    var member = new Member(settings, clients.apply(settings), maxAge, listener, timer);
    put(new Entry(member, place, false));
    if (before != null) {
      log.info("member {} changed: connecting anew", settings.name());
      before.member.close();
      listener.freshnessChanged(before.member, false);
    }
    member.start();
  }

  Optional<Member> find(String name) {
    return Optional.ofNullable(entries.get(name)).map(Entry::member);
  }

  /** Whether this very connection is in force and its member is configured. */
  boolean isInForce(Member member) {
    var entry = entries.get(member.name());
    return entry != null && entry.member == member && !entry.retired;
  }

  boolean isRetired(String name) {
    var entry = entries.get(name);
    return entry != null && entry.retired;
  }

  /** Whether the member gets nothing new, see {@link Draining}. */
  boolean isDraining(String name) {
    return draining.contains(name);
  }

  /** The names of the members that get nothing new, known or not. */
  Set<String> draining() {
    return draining;
  }

  void setDraining(Set<String> names) {
    draining = names;
  }

  List<Member> all() {
    return entries.values().stream().map(Entry::member).toList();
  }

  /** Ends a retired member's connection; returns whether it was retired. */
  synchronized boolean dismiss(String name) {
    var entry = entries.get(name);
    if (entry == null || !entry.retired) {
      return false;
    }
    var rest = new HashMap<>(entries);
    rest.remove(name);
    entries = Map.copyOf(rest);
    entry.member.close();
    return true;
  }

  private void put(Entry entry) {
    var changed = new HashMap<>(entries);
    changed.put(entry.member.name(), entry);
    entries = Map.copyOf(changed);
  }

  @Override
  public synchronized void close() {
    closed = true;
    all().forEach(Member::close);
    entries = Map.of();
  }
}
