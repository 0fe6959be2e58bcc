package io.virtualnode.kubernetes.account;

import io.virtualnode.kubernetes.capacity.Resources;
import io.virtualnode.kubernetes.capacity.Scope;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Takes what may be offered, for the virtual nodes that there are. */
public interface Offers {

  /** What the virtual nodes stand for, each of them. */
  Set<Scope> scopes();

  /** Is told after every change; on the account's own thread. */
  void publish(Map<Scope, Resources> offers);

  /** Of one virtual node for the whole. */
  static Offers ofWhole(Consumer<Resources> publisher) {
    return new Offers() {
      @Override
      public Set<Scope> scopes() {
        return Set.of(Scope.WHOLE);
      }

      @Override
      public void publish(Map<Scope, Resources> offers) {
        offers.values().forEach(publisher);
      }
    };
  }
}
