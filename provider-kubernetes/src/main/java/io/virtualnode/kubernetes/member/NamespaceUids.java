package io.virtualnode.kubernetes.member;

import io.virtualnode.api.ProviderException.Reason;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The UIDs of a member's namespaces, as of a short while ago: a namespace that was deleted and made
 * anew is another one.
 *
 * <p>Thread-safe; no method blocks.
 */
public final class NamespaceUids {

  private static final Duration KEPT = Duration.ofSeconds(10);

  private final MemberApi api;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  private record Answer(CompletableFuture<Optional<String>> uid, long askedAt) {

    boolean isOfUse(long now) {
      return !uid.isCompletedExceptionally() && now - askedAt < KEPT.toNanos();
    }
  }

  NamespaceUids(MemberApi api) {
    this.api = api;
  }

  /** The namespace's UID; empty if it may not be read. Fails as {@link MemberApi} does. */
  public CompletionStage<Optional<String>> of(String namespace) {
    long now = System.nanoTime();
    var before = answers.get(namespace);
    if (before != null && before.isOfUse(now)) {
      return before.uid().copy();
    }
    var answer = new Answer(ask(namespace), now);
    answers.put(namespace, answer);
    return answer.uid().copy();
  }

  private CompletableFuture<Optional<String>> ask(String namespace) {
    return MemberApi.emptyIf(Reason.INVALID, api.namespaceUid(namespace)).toCompletableFuture();
  }
}
