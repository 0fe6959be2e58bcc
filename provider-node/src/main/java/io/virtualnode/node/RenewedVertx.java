package io.virtualnode.node;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientWebSocket;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.net.ClientSSLOptions;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The given Vert.x, but its clients show the client certificate that {@link LiveAccess} has when
 * they connect, and connect anew when it has another.
 *
 * <p>An API server looks at the certificate of a connection with every request, so connections of
 * before are given up: requests under way on them are let end. Web sockets are not cut: the server
 * looked at who opened them once, and ends them by itself within the hour.
 */
final class RenewedVertx extends VertxWrapper {

  private static final Duration REQUESTS_END = ApiClients.REQUEST_TIMEOUT.multipliedBy(2);

  private final LiveAccess access;

  RenewedVertx(Vertx vertx, LiveAccess access) {
    super((VertxInternal) vertx);
    this.access = access;
  }

  @Override
  public HttpClientAgent createHttpClient(HttpClientOptions options, PoolOptions pool) {
    Object shown = access.certificate();
    Renewed http =
        new Renewed(
            access,
            () -> {
              HttpClientOptions now = new HttpClientOptions(options);
              if (now.isSsl()) {
                now.setKeyCertOptions(access.certificate());
              }
              return delegate.createHttpClient(now, pool);
            });
    access.opened(http.renewal);
    if (!Objects.equals(shown, access.certificate())) { // meanwhile
      http.renew();
    }
    return http;
  }

  @Override
  public WebSocketClient createWebSocketClient(WebSocketClientOptions options) {
    Object shown = access.certificate();
    RenewedSockets sockets =
        new RenewedSockets(
            access,
            () -> {
              WebSocketClientOptions now = new WebSocketClientOptions(options);
              if (now.isSsl()) {
                now.setKeyCertOptions(access.certificate());
              }
              return delegate.createWebSocketClient(now);
            });
    access.opened(sockets.renewal);
    if (!Objects.equals(shown, access.certificate())) { // meanwhile
      sockets.renew();
    }
    return sockets;
  }

  private static final class Renewed implements HttpClientAgent {

    private final LiveAccess access;
    private final Supplier<HttpClientAgent> maker;
    private final Runnable renewal = this::renew;
    private volatile HttpClientAgent now;
    private boolean closed; // guarded by this

    Renewed(LiveAccess access, Supplier<HttpClientAgent> maker) {
      this.access = access;
      this.maker = maker;
      this.now = maker.get();
    }

    private synchronized void renew() {
      if (!closed) {
        HttpClientAgent before = now;
        now = maker.get();
        before.shutdown(REQUESTS_END);
      }
    }

    @Override
    public Future<HttpClientRequest> request(RequestOptions options) {
      return now.request(options);
    }

    @Override
    public Future<HttpClientConnection> connect(HttpConnectOptions options) {
      return now.connect(options);
    }

    @Override
    public Future<Boolean> updateSSLOptions(ClientSSLOptions options, boolean force) {
      return now.updateSSLOptions(options, force);
    }

    @Override
    public Future<Void> shutdown(Duration timeout) {
      access.closed(renewal);
      synchronized (this) {
        closed = true;
        return now.shutdown(timeout);
      }
    }
  }

  private static final class RenewedSockets implements WebSocketClient {

    private final LiveAccess access;
    private final Supplier<WebSocketClient> maker;
    private final Runnable renewal = this::renew;
    private volatile WebSocketClient now;
    private @Nullable WebSocketClient before; // guarded by this; may have sockets still
    private boolean closed; // guarded by this

    RenewedSockets(LiveAccess access, Supplier<WebSocketClient> maker) {
      this.access = access;
      this.maker = maker;
      this.now = maker.get();
    }

    private synchronized void renew() {
      if (closed) {
        return;
      }
      if (before != null) {
        before.close();
      }
      before = now;
      now = maker.get();
    }

    @Override
    public ClientWebSocket webSocket() {
      return now.webSocket();
    }

    @Override
    public Future<WebSocket> connect(WebSocketConnectOptions options) {
      return now.connect(options);
    }

    @Override
    public Future<Boolean> updateSSLOptions(ClientSSLOptions options, boolean force) {
      return now.updateSSLOptions(options, force);
    }

    @Override
    public Future<Void> shutdown(Duration timeout) {
      access.closed(renewal);
      synchronized (this) {
        closed = true;
        Future<Void> earlier = before == null ? Future.succeededFuture() : before.shutdown(timeout);
        return Future.join(earlier, now.shutdown(timeout)).mapEmpty();
      }
    }
  }
}
