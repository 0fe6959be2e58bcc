package io.virtualnode.node;

/**
 * Says whether requests that change something may be sent; a {@link Term} is one.
 *
 * <p>A client made by {@link ApiClients#client(io.fabric8.kubernetes.client.Config, WriteGuard)}
 * asks it twice for every request other than GET, HEAD and OPTIONS: when the request is made and
 * when its first byte is about to be sent. After a no the request fails with an {@link
 * java.io.IOException} that says so, and nothing of it is sent.
 */
@FunctionalInterface
public interface WriteGuard {

  /** Whether it may be written now. Called by any thread, often; must not block nor throw. */
  boolean mayWrite();
}
