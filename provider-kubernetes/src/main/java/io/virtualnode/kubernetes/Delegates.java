package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.delegate.DelegatePod;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.Tombstone;
import io.virtualnode.kubernetes.member.Member;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Creates, finds and deletes delegates, each step safe to repeat. Stateless and non-blocking.
 *
 * <p>Only the very cluster that an intent names is asked. Stages fail with {@link
 * ProviderException}: {@code UNAVAILABLE} if it cannot be asked or its answer is not known, {@code
 * INVALID} if it refused.
 */
final class Delegates {

  // A deletion with grace 0 takes the pod out of the member's API at once, whatever still runs on
  // its node: its room would be offered again before the containers have ended.
  private static final Duration SHORTEST_GRACE = Duration.ofSeconds(1);

  private final Members members;
  private final DelegatePod translation;

  Delegates(Members members, DelegatePod translation) {
    this.members = members;
    this.translation = translation;
  }

  /**
   * Makes the delegate exist in the intended member.
   *
   * @param pinned whether the intended node is the only one that will do
   * @return completes when the member has it, empty; or has a tombstone in its place
   */
  CompletionStage<Optional<Forwarding.Delegate>> create(Pod proxy, Intent intent, boolean pinned) {
    return reached(intent.member(), intent.clusterUid())
        .thenCompose(member -> create(member, proxy, intent, pinned));
  }

  private CompletionStage<Optional<Forwarding.Delegate>> create(
      Member member, Pod proxy, Intent intent, boolean pinned) {
    var key = PodKey.of(proxy);
    var delegate =
        translation.translate(
            proxy,
            intent,
            pinned,
            namespaceIn(member, key),
            member.settings().nodeSelector(),
            member.settings().tolerations());
    return member
        .api()
        .create(delegate)
        .handle((ignored, failure) -> failure)
        .thenCompose(
            failure -> {
              if (failure == null) {
                return CompletableFuture.completedFuture(Optional.empty());
              }
              var cause = cause(failure);
              return switch (cause.reason()) {
                // Its name is taken. Also where a quota is full is it refused before that is
                // noticed, although an earlier request may have created it.
                case CONFLICT, INVALID -> verify(member, intent, key, cause);
                case UNAVAILABLE, NOT_FOUND, REJECTED -> CompletableFuture.failedFuture(cause);
              };
            });
  }

  /** Whether the delegate was there before it was refused; fails with the refusal if not. */
  private CompletionStage<Optional<Forwarding.Delegate>> verify(
      Member member, Intent intent, PodKey proxy, ProviderException refusal) {
    return get(member, intent, proxy)
        .thenCompose(
            found -> {
              if (found.filter(pod -> isOf(proxy, pod)).isPresent()) {
                return CompletableFuture.completedFuture(Optional.empty());
              }
              var tombstone = found.filter(pod -> isTombstoneOf(proxy, pod));
              if (tombstone.isPresent()) {
                return CompletableFuture.completedFuture(
                    tombstone.map(
                        pod -> Forwarding.Delegate.of(pod, intent.member(), intent.clusterUid())));
              }
              return CompletableFuture.failedFuture(
                  refusal.reason() != Reason.CONFLICT
                      ? refusal
                      : found.isEmpty()
                          ? new ProviderException(
                              Reason.UNAVAILABLE,
                              "member %s: pod %s was there and has gone"
                                  .formatted(member.name(), intent.delegateName(proxy)))
                          : new ProviderException(
                              Reason.INVALID,
                              "member %s: pod %s/%s exists and is not ours: it stands in the way of %s"
                                  .formatted(
                                      member.name(),
                                      namespaceIn(member, proxy),
                                      intent.delegateName(proxy),
                                      proxy)));
            });
  }

  /** The delegate as the intended member itself has it now; empty if it has none. */
  CompletionStage<Optional<Pod>> find(Intent intent, PodKey proxy) {
    return reached(intent.member(), intent.clusterUid())
        .thenCompose(member -> get(member, intent, proxy))
        .thenApply(found -> found.filter(pod -> isOf(proxy, pod)));
  }

  /**
   * Asks for the deletion of a delegate that was seen. It is never forced, also where its proxy
   * was: a grace below one second becomes one second.
   *
   * @return fails with {@code NOT_FOUND} or {@code CONFLICT} if no pod of that UID is there
   */
  CompletionStage<Void> delete(Forwarding.Delegate delegate, Duration grace) {
    return reached(delegate.member(), delegate.clusterUid())
        .thenCompose(
            member -> delete(member, delegate.namespace(), delegate.name(), delegate.uid(), grace));
  }

  /**
   * Asks for the deletion of a delegate that was intended and has not been seen.
   *
   * @return fails with {@code NOT_FOUND} or {@code CONFLICT} if the member has none
   */
  CompletionStage<Void> deleteUnseen(Intent intent, PodKey proxy, Duration grace) {
    return reached(intent.member(), intent.clusterUid())
        .thenCompose(
            member ->
                get(member, intent, proxy)
                    .thenCompose(
                        found ->
                            found
                                .filter(pod -> isOf(proxy, pod))
                                .map(Pod::getMetadata)
                                .map(
                                    metadata ->
                                        delete(
                                            member,
                                            metadata.getNamespace(),
                                            metadata.getName(),
                                            metadata.getUid(),
                                            grace))
                                .orElseGet(
                                    () ->
                                        CompletableFuture.failedFuture(
                                            new ProviderException(
                                                Reason.NOT_FOUND,
                                                "member %s has no delegate of %s"
                                                    .formatted(member.name(), proxy))))));
  }

  private CompletionStage<Optional<Pod>> get(Member member, Intent intent, PodKey proxy) {
    return member.api().get(namespaceIn(member, proxy), intent.delegateName(proxy));
  }

  /**
   * Deletes a delegate that is on no node at that resourceVersion: binding it would have changed
   * that, so it has never run.
   *
   * @return fails with {@code CONFLICT} if it has changed, {@code NOT_FOUND} if it has gone
   */
  CompletionStage<Void> takeBack(Forwarding.Delegate delegate, String version) {
    return reached(delegate.member(), delegate.clusterUid())
        .thenCompose(
            member ->
                member
                    .api()
                    .deleteUnchanged(
                        delegate.namespace(), delegate.name(), delegate.uid(), version));
  }

  /**
   * Puts a tombstone where the intended delegate was.
   *
   * @return the tombstone as it stands; fails with {@code CONFLICT} if another pod does
   */
  CompletionStage<Forwarding.Delegate> entomb(Intent intent, PodKey proxy) {
    return reached(intent.member(), intent.clusterUid())
        .thenCompose(member -> entomb(member, intent, proxy));
  }

  private CompletionStage<Forwarding.Delegate> entomb(Member member, Intent intent, PodKey proxy) {
    var tombstone =
        Tombstone.of(proxy, intent, namespaceIn(member, proxy), translation.ownership());
    return member
        .api()
        .create(tombstone)
        .handle((ignored, failure) -> failure)
        .thenCompose(
            failure ->
                failure == null || cause(failure).reason() == Reason.CONFLICT
                    ? get(member, intent, proxy)
                    : CompletableFuture.failedFuture(cause(failure)))
        .thenApply(
            found ->
                found
                    .filter(pod -> isTombstoneOf(proxy, pod))
                    .map(pod -> Forwarding.Delegate.of(pod, member.name(), intent.clusterUid()))
                    .orElseThrow(
                        () ->
                            new ProviderException(
                                Reason.CONFLICT,
                                "member %s has another pod of the name %s"
                                    .formatted(member.name(), intent.delegateName(proxy)))));
  }

  private boolean isTombstoneOf(PodKey proxy, Pod pod) {
    return translation.ownership().proxyOfTombstone(pod).filter(proxy::equals).isPresent();
  }

  private boolean isOf(PodKey proxy, Pod pod) {
    return translation.ownership().proxyOf(pod).filter(proxy::equals).isPresent();
  }

  private static CompletionStage<Void> delete(
      Member member, String namespace, String name, String uid, Duration grace) {
    boolean forced = grace.compareTo(SHORTEST_GRACE) < 0;
    return member.api().delete(namespace, name, uid, forced ? SHORTEST_GRACE : grace);
  }

  /**
   * The member of that name, and no other cluster under it. It need not be fresh: the slot is
   * reserved, so trying offers nothing new.
   */
  private CompletionStage<Member> reached(String name, String clusterUid) {
    var member = members.find(name);
    if (member.isEmpty()) {
      return unavailable("member %s is not configured".formatted(name));
    }
    var cluster = member.get().identity();
    if (cluster.isEmpty()) {
      return unavailable("member %s has not been reached yet".formatted(name));
    }
    return cluster.get().is(clusterUid)
        ? CompletableFuture.completedFuture(member.get())
        : unavailable(
            "member %s is now cluster %s instead of %s: configure that one again"
                .formatted(name, cluster.get().uid(), clusterUid));
  }

  private static String namespaceIn(Member member, PodKey proxy) {
    return member.settings().namespace().orElse(proxy.namespace());
  }

  /** Whether a deletion failed because no pod of that UID is there. */
  static boolean isGone(Throwable failure) {
    var reason = cause(failure).reason();
    return reason == Reason.NOT_FOUND || reason == Reason.CONFLICT;
  }

  /** The provider exception behind a failed stage. */
  static ProviderException cause(Throwable failure) {
    var cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof ProviderException known
        ? known
        : new ProviderException(Reason.UNAVAILABLE, String.valueOf(cause), cause);
  }

  private static <T> CompletionStage<T> unavailable(String message) {
    return CompletableFuture.failedFuture(new ProviderException(Reason.UNAVAILABLE, message));
  }
}
