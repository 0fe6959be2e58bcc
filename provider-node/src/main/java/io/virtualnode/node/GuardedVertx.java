package io.virtualnode.node;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.net.ClientSSLOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

/**
 * The given Vert.x, but its HTTP clients send nothing that could change something once a {@link
 * WriteGuard} says no.
 *
 * <p>This is no interceptor of fabric8's, because those are asked too early and not always: before
 * the request waits for a connection, which may take longer than a term has left, and not at all
 * when fabric8 8.0 sends a request again that was answered with 401. Web sockets begin with a GET
 * and are let through.
 */
final class GuardedVertx extends VertxWrapper {

  private static final Set<HttpMethod> READS =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

  private final WriteGuard guard;

  GuardedVertx(Vertx vertx, WriteGuard guard) {
    super((VertxInternal) vertx);
    this.guard = guard;
  }

  @Override
  public HttpClientAgent createHttpClient(HttpClientOptions options, PoolOptions pool) {
    return new Guarded(delegate.createHttpClient(options, pool), guard);
  }

  private record Guarded(HttpClientAgent http, WriteGuard guard) implements HttpClientAgent {

    @Override
    public Future<HttpClientRequest> request(RequestOptions options) {
      if (!mayLeave(options.getMethod())) {
        return refused(options);
      }
      return http.request(options)
          .compose(
              request -> {
                if (mayLeave(options.getMethod())) {
                  return Future.succeededFuture(request);
                }
                request.reset(); // gives the connection back; nothing was sent
                return refused(options);
              });
    }

    private boolean mayLeave(HttpMethod method) {
      return READS.contains(method) || guard.mayWrite();
    }

    private static Future<HttpClientRequest> refused(RequestOptions options) {
      String request = options.getMethod() + " " + options.getURI();
      return Future.failedFuture(new IOException("no longer leader: " + request + " was not sent"));
    }

    @Override
    public Future<HttpClientConnection> connect(HttpConnectOptions options) {
      return Future.failedFuture(
          new UnsupportedOperationException("connections to write to directly are not guarded"));
    }

    @Override
    public Future<Boolean> updateSSLOptions(ClientSSLOptions options, boolean force) {
      return http.updateSSLOptions(options, force);
    }

    @Override
    public Future<Void> shutdown(Duration timeout) {
      return http.shutdown(timeout);
    }
  }
}
