package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.account.Account;
import io.virtualnode.kubernetes.member.ClusterIdentity;
import io.virtualnode.kubernetes.member.Member;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a member's cluster was known under another name, and takes its delegates over.
 *
 * <p>What tells a cluster is its UID, which the intents of proxies name beside the member; names of
 * delegates and tombstones, and their labels, do not depend on the member's. So what is said of the
 * former name is said of the present one from then on; the primary keeps the intents as they are.
 *
 * <p>Thread-safe.
 */
final class Renaming {

  private static final Logger log = LoggerFactory.getLogger(Renaming.class);

  private final Members members;
  private final Forwardings forwardings;
  private final Account account;
  private final Consumer<String> forget;

  /**
   * Nothing is renamed yet.
   *
   * @param forget told the former name of a member that was connected under it until now
   */
  Renaming(Members members, Forwardings forwardings, Account account, Consumer<String> forget) {
    this.members = members;
    this.forwardings = forwardings;
    this.account = account;
    this.forget = forget;
  }

  /**
   * The member is going to be watched as that cluster.
   *
   * @param predecessor the retired member that has been watched as the same cluster until now
   */
  void identified(Member member, ClusterIdentity identity, Optional<String> predecessor) {
    predecessor
        .filter(members::dismiss)
        .ifPresent(
            former -> {
              account.update(ledger -> ledger.removeMember(former));
              forget.accept(former);
            });
    takeOver(member, identity);
  }

  /** The member is in sight: what has been observed while it was being identified, too. */
  void inSight(Member member) {
    member.identity().ifPresent(identity -> takeOver(member, identity));
  }

  private void takeOver(Member member, ClusterIdentity identity) {
    int pods = 0;
    var formers = new TreeSet<String>();
    for (var forwarding : forwardings.all()) {
      synchronized (forwarding) {
        var former = forwarding.intent().map(intent -> intent.member());
        if (rename(forwarding, member, identity)) {
          pods++;
          former.ifPresent(formers::add);
        }
      }
    }
    if (pods > 0) {
      log.warn(
          "member {} is the cluster that was called {}: {} pods' delegates there are its own now",
          member.name(),
          String.join(", ", formers),
          pods);
    }
  }

  /**
   * Finds the present name of the cluster that the intent names, if it has another one. Called with
   * the forwarding locked.
   */
  void resolve(Forwarding forwarding) {
    var intent = forwarding.intent();
    if (intent.isEmpty()
        || members
            .find(intent.get().member())
            .flatMap(Member::identity)
            .filter(known -> known.is(intent.get().clusterUid()))
            .isPresent()) {
      return;
    }
    for (var member : members.all()) {
      var identity = member.identity();
      if (identity.isPresent() && rename(forwarding, member, identity.get())) {
        return;
      }
    }
  }

  private boolean rename(Forwarding forwarding, Member member, ClusterIdentity identity) {
    if (!forwarding.rename(isSeenBy(member, identity), member.name())) {
      return false;
    }
    forwarding
        .slotIn(member.name())
        .ifPresent(
            slot ->
                account.update(
                    ledger -> {
                      if (ledger.isCounted(forwarding.proxy().uid())) { // else it comes to be
                        Proxies.reserveInstead(ledger, forwarding.proxy(), slot);
                      }
                    }));
    return true;
  }

  /** Whether a delegate in that cluster is sure to be seen by the member. */
  private static Predicate<String> isSeenBy(Member member, ClusterIdentity identity) {
    return member.settings().capacity().seesNodes() ? identity::is : identity.uid()::equals;
  }
}
