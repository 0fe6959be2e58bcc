package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.PodKey;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.delegate.DelegatePod;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.delegate.MemberNamespace;
import io.virtualnode.kubernetes.delegate.StartGate;
import io.virtualnode.kubernetes.delegate.TakeBackMark;
import io.virtualnode.kubernetes.member.Member;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Creates, starts, finds and deletes delegates, each step safe to repeat. Stateless and
 * non-blocking.
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

  /** What stands in a member under the name of a delegate that was to be created. */
  sealed interface Found {

    /** The delegate, which has just been created. */
    record Created(Forwarding.Delegate delegate) implements Found {}

    /**
     * One that was there before.
     *
     * @param shut whether it is yet to be started
     */
    record Earlier(Forwarding.Delegate delegate, boolean shut) implements Found {}

    /** One that was taken back, or what an earlier version put in its place. */
    record Grave(Forwarding.Delegate tombstone) implements Found {}
  }

  /**
   * Creates the delegate, which is not started by that.
   *
   * @param intent where it is to be; it is not stored yet
   * @param pinned whether the intended node is the only one that will do
   * @return what the member has by then
   */
  CompletionStage<Found> create(Pod proxy, Intent intent, boolean pinned) {
    return reached(intent.member(), intent.clusterUid())
        .thenCompose(
            member -> {
              var namespace = namespaceIn(member, PodKey.of(proxy));
              return member
                  .namespaces()
                  .of(namespace)
                  .thenCompose(
                      uid ->
                          create(
                              member, proxy, intent, pinned, new MemberNamespace(namespace, uid)));
            });
  }

  private CompletionStage<Found> create(
      Member member, Pod proxy, Intent intent, boolean pinned, MemberNamespace namespace) {
    var key = PodKey.of(proxy);
    var delegate =
        translation.translate(
            proxy,
            intent,
            pinned,
            namespace,
            member.settings().nodeSelector(),
            member.settings().tolerations());
    return member
        .api()
        .create(delegate)
        .handle(
            (created, failure) -> {
              if (failure == null) {
                return CompletableFuture.<Found>completedFuture(
                    new Found.Created(of(created, intent)));
              }
              var cause = cause(failure);
              return switch (cause.reason()) {
                // Its name is taken. Also where a quota is full is it refused before that is
                // noticed, although an earlier request may have created it.
                case CONFLICT, INVALID -> verify(member, intent, key, cause);
                case UNAVAILABLE, NOT_FOUND, REJECTED ->
                    CompletableFuture.<Found>failedFuture(cause);
              };
            })
        .thenCompose(answer -> answer);
  }

  private static Forwarding.Delegate of(Pod pod, Intent intent) {
    return Forwarding.Delegate.of(pod, intent.member(), intent.clusterUid());
  }

  /** What was there before it was refused; fails with the refusal if nothing of the proxy's. */
  private CompletionStage<Found> verify(
      Member member, Intent intent, PodKey proxy, ProviderException refusal) {
    return get(member, intent, proxy)
        .thenApply(
            found -> {
              if (found.filter(pod -> isOf(proxy, pod)).isPresent()) {
                return new Found.Earlier(of(found.get(), intent), StartGate.isShut(found.get()));
              }
              if (found.filter(pod -> isTombstoneOf(proxy, pod)).isPresent()) {
                return new Found.Grave(of(found.get(), intent));
              }
              if (refusal.reason() != Reason.CONFLICT) {
                throw refusal;
              }
              throw found.isEmpty()
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
                              proxy));
            });
  }

  /**
   * Starts exactly that delegate, if it has not been started; may be asked for twice.
   *
   * @return fails with {@code NOT_FOUND} or {@code CONFLICT} if no pod of that UID is there
   */
  CompletionStage<Void> start(Forwarding.Delegate delegate) {
    return reached(delegate.member(), delegate.clusterUid())
        .thenCompose(
            member ->
                member
                    .api()
                    .openGate(
                        delegate.namespace(), delegate.name(), delegate.uid(), StartGate.NAME));
  }

  /** The delegate as the intended member itself has it now; empty if it has none. */
  CompletionStage<Optional<Pod>> find(Intent intent, PodKey proxy) {
    return reached(intent.member(), intent.clusterUid())
        .thenCompose(member -> get(member, intent, proxy))
        .thenApply(found -> found.filter(pod -> isOf(proxy, pod)));
  }

  /**
   * Asks for the deletion of a delegate that was seen. It is never forced, also where its proxy
   * was: a grace below one second becomes one second. A mark of what was to be taken back comes
   * off: nobody has to know of it any more.
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

  /** The very pod as the member itself has it now; empty if it has gone. */
  CompletionStage<Optional<Pod>> look(Forwarding.Delegate delegate) {
    return reached(delegate.member(), delegate.clusterUid())
        .thenCompose(member -> member.api().get(delegate.namespace(), delegate.name()))
        .thenApply(found -> found.filter(pod -> pod.getMetadata().getUid().equals(delegate.uid())));
  }

  /**
   * Deletes a delegate that is on no node at that resourceVersion: binding it would have changed
   * that, so it has never run. It stays, marked and being deleted, until it is {@link #letGo}.
   *
   * @return fails with {@code CONFLICT} if it has changed, {@code NOT_FOUND} if it has gone, {@code
   *     INVALID} also if somebody else is deleting it
   */
  CompletionStage<Void> takeBack(Forwarding.Delegate delegate, String version) {
    return reached(delegate.member(), delegate.clusterUid())
        .thenCompose(
            member ->
                member
                    .api()
                    .addFinalizer(
                        delegate.namespace(),
                        delegate.name(),
                        delegate.uid(),
                        version,
                        TakeBackMark.NAME)
                    .thenCompose(
                        marked ->
                            member
                                .api()
                                .deleteUnchanged(
                                    delegate.namespace(), delegate.name(), delegate.uid(), marked)))
        .thenAccept(kept -> {});
  }

  /**
   * Takes the mark off a delegate that was taken back, or was to be. May be asked for twice, and of
   * what has gone.
   */
  CompletionStage<Void> letGo(Forwarding.Delegate delegate) {
    return reached(delegate.member(), delegate.clusterUid())
        .thenCompose(
            member -> letGo(member, delegate.namespace(), delegate.name(), delegate.uid()));
  }

  private static CompletionStage<Void> letGo(
      Member member, String namespace, String name, String uid) {
    return member
        .api()
        .removeFinalizer(namespace, name, uid, TakeBackMark.NAME)
        .exceptionally(
            failure -> {
              if (isGone(failure)) {
                return null;
              }
              throw cause(failure);
            });
  }

  /**
   * Deletes a delegate that has not been started at that resourceVersion, and of which nobody has
   * to know.
   *
   * @return fails with {@code CONFLICT} if it has changed, {@code NOT_FOUND} if it has gone
   */
  CompletionStage<Void> deleteUnchanged(Forwarding.Delegate delegate, String version) {
    return reached(delegate.member(), delegate.clusterUid())
        .thenCompose(
            member ->
                member
                    .api()
                    .deleteUnchanged(
                        delegate.namespace(), delegate.name(), delegate.uid(), version))
        .thenAccept(kept -> {});
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
    return member
        .api()
        .delete(namespace, name, uid, forced ? SHORTEST_GRACE : grace)
        .thenCompose(
            kept ->
                kept.contains(TakeBackMark.NAME)
                    ? letGo(member, namespace, name, uid)
                    : Site.done());
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
