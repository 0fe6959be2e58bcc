package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.ProviderException;
import io.virtualnode.api.ProviderException.Reason;
import io.virtualnode.kubernetes.delegate.DelegatePod;
import io.virtualnode.kubernetes.delegate.Intent;
import io.virtualnode.kubernetes.member.Member;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Creates and deletes delegates, each step safe to repeat. Stateless and non-blocking. */
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
   * Makes the delegate exist in the intended member, and nowhere else.
   *
   * @return completes when the member has it; fails with {@code UNAVAILABLE} if that is unknown,
   *     {@code INVALID} if the member refused
   */
  CompletionStage<Void> create(Pod proxy, Intent intent, Forwarding forwarding) {
    var member = members.find(intent.member()).orElse(null);
    if (member == null) {
      return unavailable(
          "member %s, chosen for %s, is not configured"
              .formatted(intent.member(), forwarding.proxy));
    }
    // Not asked: whether it is fresh. The slot is reserved, so trying offers nothing new.
    var cluster = member.clusterUid();
    if (cluster.isEmpty()) {
      return unavailable(
          "member %s, chosen for %s, has not been reached yet"
              .formatted(member.name(), forwarding.proxy));
    }
    if (!cluster.get().equals(intent.clusterUid())) {
      return unavailable(
          "member %s is now another cluster than the one chosen for %s: configure that one again"
              .formatted(member.name(), forwarding.proxy));
    }
    var delegate =
        translation.translate(
            proxy,
            intent,
            namespaceIn(member, forwarding),
            member.settings().nodeSelector(),
            member.settings().tolerations());
    return member
        .api()
        .create(delegate)
        .handle((ignored, failure) -> failure)
        .thenCompose(
            failure -> {
              if (failure == null) {
                return done();
              }
              var cause = cause(failure);
              return cause.reason() == Reason.CONFLICT
                  ? verifyOurs(member, delegate, forwarding)
                  : CompletableFuture.failedFuture(cause);
            });
  }

  /**
   * A pod of the delegate's name is there: an earlier request of ours created it, or it is foreign.
   */
  private CompletionStage<Void> verifyOurs(Member member, Pod delegate, Forwarding forwarding) {
    var metadata = delegate.getMetadata();
    return member
        .api()
        .get(metadata.getNamespace(), metadata.getName())
        .thenCompose(
            found -> {
              if (found.isEmpty()) {
                return unavailable(
                    "member %s: pod %s/%s was there and has gone"
                        .formatted(member.name(), metadata.getNamespace(), metadata.getName()));
              }
              boolean ours =
                  translation
                      .ownership()
                      .proxyOf(found.get())
                      .filter(forwarding.proxy::equals)
                      .isPresent();
              return ours
                  ? done()
                  : CompletableFuture.failedFuture(
                      new ProviderException(
                          Reason.INVALID,
                          "member %s: pod %s/%s exists and is not ours: it stands in the way of %s"
                              .formatted(
                                  member.name(),
                                  metadata.getNamespace(),
                                  metadata.getName(),
                                  forwarding.proxy)));
            });
  }

  /**
   * Asks for the deletion of a delegate that was seen. It is never forced, also where its proxy
   * was: a grace below one second becomes one second.
   */
  CompletionStage<Void> delete(Forwarding.Delegate delegate, Duration grace) {
    return members
        .find(delegate.member())
        .map(member -> delete(member, delegate.namespace(), delegate.name(), delegate.uid(), grace))
        .orElseGet(
            () ->
                unavailable(
                    "member %s, which has pod %s/%s, is not configured"
                        .formatted(delegate.member(), delegate.namespace(), delegate.name())));
  }

  /**
   * Asks for the deletion of a delegate that was intended and has not been seen; fails with {@code
   * NOT_FOUND} if the member has none.
   */
  CompletionStage<Void> deleteUnseen(Intent intent, Forwarding forwarding, Duration grace) {
    var member = members.find(intent.member()).orElse(null);
    if (member == null) {
      return unavailable(
          "member %s, chosen for %s, is not configured"
              .formatted(intent.member(), forwarding.proxy));
    }
    var namespace = namespaceIn(member, forwarding);
    var name = intent.delegateName(forwarding.proxy);
    return member
        .api()
        .get(namespace, name)
        .thenCompose(
            found -> {
              var ours =
                  found.filter(
                      pod ->
                          translation
                              .ownership()
                              .proxyOf(pod)
                              .filter(forwarding.proxy::equals)
                              .isPresent());
              return ours.isEmpty()
                  ? CompletableFuture.failedFuture(
                      new ProviderException(
                          Reason.NOT_FOUND,
                          "member %s has no delegate of %s"
                              .formatted(member.name(), forwarding.proxy)))
                  : delete(member, namespace, name, ours.get().getMetadata().getUid(), grace);
            });
  }

  private static CompletionStage<Void> delete(
      Member member, String namespace, String name, String uid, Duration grace) {
    boolean forced = grace.compareTo(SHORTEST_GRACE) < 0;
    return member.api().delete(namespace, name, uid, forced ? SHORTEST_GRACE : grace);
  }

  private static String namespaceIn(Member member, Forwarding forwarding) {
    return member.settings().namespace().orElse(forwarding.proxy.namespace());
  }

  /** The provider exception behind a failed stage. */
  static ProviderException cause(Throwable failure) {
    var cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof ProviderException known
        ? known
        : new ProviderException(Reason.UNAVAILABLE, String.valueOf(cause), cause);
  }

  private static CompletionStage<Void> unavailable(String message) {
    return CompletableFuture.failedFuture(new ProviderException(Reason.UNAVAILABLE, message));
  }

  private static CompletionStage<Void> done() {
    return CompletableFuture.completedFuture(null);
  }
}
