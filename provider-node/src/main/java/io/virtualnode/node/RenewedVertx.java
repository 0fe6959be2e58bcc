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
import java.util.function.Consumer;
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
    Supplier<HttpClientAgent> maker =
        () -> {
          HttpClientOptions now = new HttpClientOptions(options);
          if (now.isSsl()) {
            now.setKeyCertOptions(access.certificate());
          }
          return delegate.createHttpClient(now, pool);
        };
    return new Renewed(new Renewal<>(access, maker, before -> before.shutdown(REQUESTS_END)));
  }

  @Override
  public WebSocketClient createWebSocketClient(WebSocketClientOptions options) {
    Supplier<WebSocketClient> maker =
        () -> {
          WebSocketClientOptions now = new WebSocketClientOptions(options);
          if (now.isSsl()) {
            now.setKeyCertOptions(access.certificate());
          }
          return delegate.createWebSocketClient(now);
        };
    return new RenewedSockets(access, maker);
  }

  /** Has a client that was made with the present certificate. */
  private static final class Renewal<C> {

    private final LiveAccess access;
    private final Supplier<C> maker;
    private final Consumer<C> retire;
    private final Runnable renewal = this::renew;
    private volatile C now;
    private boolean closed; // guarded by this

    /**
     * Makes one, and another one whenever the certificate is another.
     *
     * @param retire what is done with the one before
     */
    Renewal(LiveAccess access, Supplier<C> maker, Consumer<C> retire) {
      this.access = access;
      this.maker = maker;
      this.retire = retire;
      Object shown = access.certificate();
      this.now = maker.get();
      access.opened(renewal);
      if (!Objects.equals(shown, access.certificate())) { // meanwhile
        renew();
      }
    }

    private synchronized void renew() {
      if (!closed) {
        C before = now;
        now = maker.get();
        retire.accept(before);
      }
    }

    C now() {
      return now;
    }

    /** Makes none any more; returns the last one, which is the caller's to close. */
    C close() {
      access.closed(renewal);
      synchronized (this) {
        closed = true;
        return now;
      }
    }
  }

  private record Renewed(Renewal<HttpClientAgent> http) implements HttpClientAgent {

    @Override
    public Future<HttpClientRequest> request(RequestOptions options) {
      return http.now().request(options);
    }

    @Override
    public Future<HttpClientConnection> connect(HttpConnectOptions options) {
      return http.now().connect(options);
    }

    @Override
    public Future<Boolean> updateSSLOptions(ClientSSLOptions options, boolean force) {
      return http.now().updateSSLOptions(options, force);
    }

    @Override
    public Future<Void> shutdown(Duration timeout) {
      return http.close().shutdown(timeout);
    }
  }

  private static final class RenewedSockets implements WebSocketClient {

    private final Renewal<WebSocketClient> sockets;
    private @Nullable WebSocketClient before; // guarded by this; may have sockets still

    RenewedSockets(LiveAccess access, Supplier<WebSocketClient> maker) {
      this.sockets = new Renewal<>(access, maker, this::retire);
    }

    private synchronized void retire(WebSocketClient newest) {
      if (before != null) {
        before.close();
      }
      before = newest;
    }

    @Override
    public ClientWebSocket webSocket() {
      return sockets.now().webSocket();
    }

    @Override
    public Future<WebSocket> connect(WebSocketConnectOptions options) {
      return sockets.now().connect(options);
    }

    @Override
    public Future<Boolean> updateSSLOptions(ClientSSLOptions options, boolean force) {
      return sockets.now().updateSSLOptions(options, force);
    }

    @Override
    public Future<Void> shutdown(Duration timeout) {
      WebSocketClient last = sockets.close();
      synchronized (this) {
        Future<Void> earlier = before == null ? Future.succeededFuture() : before.shutdown(timeout);
        return Future.join(earlier, last.shutdown(timeout)).mapEmpty();
      }
    }
  }
}
