package io.virtualnode.kubernetes;

import io.virtualnode.kubernetes.account.Account;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends members that were taken out of the configuration, once nothing of ours is left in them.
 *
 * <p>Thread-safe; not to be called with a forwarding locked.
 */
final class Retirement {

  private static final Logger log = LoggerFactory.getLogger(Retirement.class);

  private final Members members;
  private final Forwardings forwardings;
  private final Account account;
  private final List<Consumer<String>> memories;

  /**
   * Looks at these members.
   *
   * @param memories each told the name of a member that is to be forgotten
   */
  Retirement(
      Members members, Forwardings forwardings, Account account, List<Consumer<String>> memories) {
    this.members = members;
    this.forwardings = forwardings;
    this.account = account;
    this.memories = memories;
  }

  /** Ends the member if it is retired and no delegate is, or may be, in it. */
  void endIfEmpty(String member) {
    if (members.isRetired(member)
        && forwardings.all().stream().noneMatch(forwarding -> uses(forwarding, member))
        && members.dismiss(member)) {
      log.info("member {} has no delegate left and is forgotten", member);
      account.update(ledger -> ledger.removeMember(member));
      memories.forEach(memory -> memory.accept(member));
    }
  }

  private static boolean uses(Forwarding forwarding, String member) {
    synchronized (forwarding) {
      return forwarding.uses(member);
    }
  }
}
