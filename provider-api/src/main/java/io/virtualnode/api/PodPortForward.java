package io.virtualnode.api;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** An ability: to open a TCP connection to a port inside a pod. */
public interface PodPortForward {

  /**
   * Connects to {@code port} on the pod's loopback address; one call, one connection.
   *
   * <p>Fails with {@link ProviderException}: {@code NOT_FOUND} for an unknown pod, {@code
   * UNAVAILABLE} if nothing listens there. Never retried by the node.
   */
  CompletionStage<Connection> connect(PodKey pod, int port);

  /** One TCP connection; both directions obey demand. */
  interface Connection extends AutoCloseable {

    /** Bytes from the pod; completes when the pod closes its side. Takes one subscriber. */
    Flow.Publisher<ByteBuffer> input();

    /** Bytes to the pod; completing it closes this side only. */
    Flow.Subscriber<ByteBuffer> output();

    /** Ends the connection at once. May be called more than once. */
    @Override
    void close();
  }
}
