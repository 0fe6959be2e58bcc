package io.virtualnode.simulation;

import io.virtualnode.kubernetes.account.Offers;
import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Writes what is offered to the Node objects, one write of each at a time and always the newest. As
 * {@code NodeReports} and {@code NodeController} in the product.
 */
final class NodeWriter implements Offers {

  private static final int RETRY_MILLIS = 100;

  private final Shell shell;
  private final Set<Scope> scopes = new LinkedHashSet<>();
  private final Map<Scope, Resources> wanted = new HashMap<>();
  private final Set<Scope> writing = new HashSet<>();
  private final Map<Scope, Resources> written = new HashMap<>();
  private boolean awaitsMembers = true;

  NodeWriter(Shell shell) {
    this.shell = shell;
  }

  void include(Scope scope) {
    scopes.add(scope);
  }

  void awaitMembersNoLonger() {
    awaitsMembers = false;
    shell.update(ledger -> {});
  }

  @Override
  public Set<Scope> scopes() {
    return scopes;
  }

  @Override
  public void publish(Map<Scope, Resources> offers) {
    if (awaitsMembers && shell.links.values().stream().anyMatch(link -> !link.isFresh())) {
      return;
    }
    awaitsMembers = false;
    offers.forEach(
        (scope, offer) -> {
          if (!offer.equals(wanted.put(scope, offer))) {
            write(scope);
          }
        });
  }

  /** Whether the primary has what was to be written last. */
  boolean isStored(Scope scope) {
    var newest = wanted.get(scope);
    return newest == null || newest.equals(written.get(scope));
  }

  private void write(Scope scope) {
    if (!writing.add(scope)) {
      return;
    }
    var primary = shell.site.primary();
    shell
        .site
        .network()
        .ask(
            () -> true,
            false,
            () -> {
              if (shell.alive) {
                var newest = wanted.get(scope);
                if (newest != null) {
                  primary.report(primary.node(scope), Size.of(newest));
                  written.put(scope, newest);
                }
              }
            },
            ok ->
                shell.ifAlive(
                    () -> {
                      writing.remove(scope);
                      if (!isStored(scope)) {
                        shell.site.agenda().in(ok ? 1 : RETRY_MILLIS, () -> rewrite(scope));
                      }
                    }));
  }

  private void rewrite(Scope scope) {
    shell.ifAlive(() -> write(scope));
  }
}
