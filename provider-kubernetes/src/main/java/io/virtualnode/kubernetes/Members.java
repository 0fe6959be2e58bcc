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
 * nothing new but is watched until the last delegate in it has gone. Thread-safe.
 */
final class Members implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Members.class);

  private final Function<MemberSettings, KubernetesClient> clients;
  private final MemberListener listener;
  private final ScheduledExecutorService timer;
  private final Duration maxAge;
  private final Map<String, Member> members = new HashMap<>(); // guarded by this
  private final Set<String> retired = new HashSet<>(); // guarded by this

  Members(
      Function<MemberSettings, KubernetesClient> clients,
      MemberListener listener,
      ScheduledExecutorService timer,
      Duration maxAge) {
    this.clients = clients;
    this.listener = listener;
    this.timer = timer;
    this.maxAge = maxAge;
  }

  /** Makes the configured members the ones in force: starts, restarts and retires. */
  synchronized void configure(List<MemberSettings> configured) {
    var names = new HashSet<String>();
    for (var settings : configured) {
      names.add(settings.name());
      var member = members.get(settings.name());
      if (member == null || !member.settings().equals(settings)) {
        replace(settings);
      } else if (retired.remove(settings.name())) {
        log.info("member {} is configured again", settings.name());
        listener.freshnessChanged(member, member.isFresh());
      }
    }
    for (var member : members.values()) {
      if (!names.contains(member.name()) && retired.add(member.name())) {
        log.info("member {} is no longer configured: it offers nothing new", member.name());
        listener.freshnessChanged(member, false);
      }
    }
  }

  private void replace(MemberSettings settings) {
    var before = members.remove(settings.name());
    retired.remove(settings.name());
    if (before != null) {
      log.info("member {} changed: connecting anew", settings.name());
      before.close();
      listener.freshnessChanged(before, false);
    }
    var member = new Member(settings, clients.apply(settings), maxAge, listener, timer);
    members.put(settings.name(), member);
    member.start();
  }

  synchronized Optional<Member> find(String name) {
    return Optional.ofNullable(members.get(name));
  }

  /** Whether this very connection is in force and its member is configured. */
  synchronized boolean isInForce(Member member) {
    return members.get(member.name()) == member && !retired.contains(member.name());
  }

  synchronized boolean isRetired(String name) {
    return retired.contains(name);
  }

  /** Ends a retired member's connection; returns whether it was retired. */
  synchronized boolean dismiss(String name) {
    if (!retired.remove(name)) {
      return false;
    }
    var member = members.remove(name);
    if (member != null) {
      log.info("member {} has no delegate left and is forgotten", name);
      member.close();
    }
    return true;
  }

  synchronized List<Member> all() {
    return List.copyOf(members.values());
  }

  @Override
  public synchronized void close() {
    members.values().forEach(Member::close);
    members.clear();
  }
}
