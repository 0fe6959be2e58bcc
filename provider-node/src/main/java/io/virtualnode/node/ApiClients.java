package io.virtualnode.node;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.http.Interceptor.RequestTags;
import io.fabric8.kubernetes.client.utils.TokenRefreshInterceptor;
import io.fabric8.kubernetes.client.vertx5.Vertx5HttpClientFactory;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.ext.web.client.WebClientOptions;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes Kubernetes clients the way a virtual node needs them, for the primary and for members.
 *
 * <p>All clients of the process share one Vert.x and so its few event-loop threads. They speak
 * HTTP/2 where the server does, so that hundreds of requests share a connection. They repeat
 * nothing by themselves: fabric8 would repeat a POST that may have been carried out, and the work
 * queues repeat what has to be, later and once. Watches that break are resumed within 100 ms.
 *
 * <p>Thread-safe. Whoever asks for a client closes it; Vert.x itself lives as long as the process,
 * on daemon threads.
 */
public final class ApiClients {

  /** How long one request may take. */
  public static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

  /** How long opening a connection may take. */
  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

  private static final Duration WATCH_RECONNECT = Duration.ofMillis(100);
  private static final String INTERCEPTOR = "virtual-node";

  /** A few, because an API server bounds the streams of one connection (to 100 by default). */
  private static final int HTTP2_CONNECTIONS = 4;

  /** Large, because all streams of a connection share it and a slow one must not stop the rest. */
  private static final int HTTP2_CONNECTION_WINDOW_BYTES = 16 << 20;

  private static final int HTTP2_STREAM_WINDOW_BYTES = 1 << 20;

  private ApiClients() {}

  /**
   * A client for everything but leases.
   *
   * @param config where and as whom; time-outs, retries and watch settings in it are replaced. One
   *     of {@link ApiAccess#config} is followed as its files change; one of fabric8's own that was
   *     read from a file goes on refreshing its token only
   */
  public static KubernetesClient client(Config config) {
    return build(config, REQUEST_TIMEOUT, CONNECT_TIMEOUT, null, null);
  }

  /**
   * The same with an interceptor of the caller's, which sees every request before it is sent and
   * every answer before whoever asked does. It is called on threads that must not be blocked.
   */
  public static KubernetesClient client(Config config, Interceptor interceptor) {
    requireNonNull(interceptor, "interceptor is null");
    return build(config, REQUEST_TIMEOUT, CONNECT_TIMEOUT, null, interceptor);
  }

  /**
   * A client that writes only as long as it may, however it is used: fluently, through its {@link
   * HttpClient}, or by a {@link NodeHost} or {@link VirtualNode} that is given it.
   *
   * @param config as for {@link #client(Config)}
   * @param guard asked before anything but a GET, HEAD or OPTIONS is sent, such as a {@link Term}
   */
  public static KubernetesClient client(Config config, WriteGuard guard) {
    requireNonNull(guard, "guard is null");
    return build(config, REQUEST_TIMEOUT, CONNECT_TIMEOUT, guard, null);
  }

  /**
   * A client that keeps leases alive: of its own, so that it never queues behind other requests.
   *
   * @param timeout how long a renewal may take, connecting included; well below the time after
   *     which the lease is lost
   */
  static KubernetesClient leaseClient(Config config, Duration timeout) {
    return build(config, timeout, timeout, null, null);
  }

  /** The same beside another client, under whose guard it is too. */
  static KubernetesClient leaseClient(KubernetesClient beside, Duration timeout) {
    return build(beside.getConfiguration(), timeout, timeout, guardOf(beside), null);
  }

  private static @Nullable WriteGuard guardOf(KubernetesClient client) {
    GuardTag tag =
        client.getHttpClient() instanceof RequestTags tags ? tags.getTag(GuardTag.class) : null;
    return tag == null ? null : tag.guard();
  }

  private static KubernetesClient build(
      Config config,
      Duration request,
      Duration connect,
      @Nullable WriteGuard guard,
      @Nullable Interceptor interceptor) {
    requireNonNull(config, "config is null");
    LiveAccess access = config.getOauthTokenProvider() instanceof LiveAccess live ? live : null;
    Config own =
        new ConfigBuilder(config)
            .withRequestTimeout(Math.toIntExact(request.toMillis()))
            .withConnectionTimeout(Math.toIntExact(connect.toMillis()))
            .withRequestRetryBackoffLimit(0)
            .withWatchReconnectInterval(Math.toIntExact(WATCH_RECONNECT.toMillis()))
            .withWatchReconnectLimit(-1)
            // Over plain HTTP, fabric8 8.0 garbles events with characters beyond ASCII and does not
            // count a watch as connected before its first event.
            .withOnlyHttpWatches(false)
            .build();
    return new KubernetesClientBuilder()
        .withConfig(own)
        .withHttpClientFactory(factory(own, guard, access))
        .withHttpClientBuilderConsumer(
            http -> {
              if (access != null) {
                http.addOrReplaceInterceptor(
                    TokenRefreshInterceptor.NAME, new AuthorizationInterceptor(access));
              } else if (!hasToken(own)) {
                http.addOrReplaceInterceptor(TokenRefreshInterceptor.NAME, null);
              }
              if (interceptor != null) {
                http.addOrReplaceInterceptor(INTERCEPTOR, interceptor);
              }
              if (guard != null) {
                http.tag(new GuardTag(guard));
              }
            })
        .build();
  }

  /**
   * Whether there is a token or a password, and so something for fabric8 to send or refresh. Where
   * there is none, as with a client certificate, fabric8 8.0 looks for a newer token before every
   * single request from the second minute on: it reads the kubeconfig and parses its YAML, which
   * costs more than the request.
   */
  static boolean hasToken(Config config) {
    return config.getOauthTokenProvider() != null
        || isSet(config.getOauthToken())
        || isSet(config.getAutoOAuthToken())
        || config.getAuthProvider() != null
        || isSet(config.getUsername());
  }

  private static boolean isSet(@Nullable String text) {
    return text != null && !text.isEmpty();
  }

  /** HTTP/2 is agreed upon in the TLS handshake; without TLS there is no way to it. */
  private static HttpClient.Factory factory(
      Config config, @Nullable WriteGuard guard, @Nullable LiveAccess access) {
    Vertx shared = SharedVertx.VERTX;
    Vertx renewed = access == null ? shared : new RenewedVertx(shared, access);
    return new SharedVertxFactory(
        guard == null ? renewed : new GuardedVertx(renewed, guard),
        config.getMasterUrl().startsWith("https:"));
  }

  /** Remembers with a client what guards it. */
  private record GuardTag(WriteGuard guard) {}

  /** Made on first use, once. */
  private static final class SharedVertx {

    static final Vertx VERTX = create();

    /** With the JVM's resolver, as fabric8 does too: Vert.x's own ignores parts of resolv.conf. */
    private static Vertx create() {
      String property = "vertx.disableDnsResolver";
      String before = System.getProperty(property);
      System.setProperty(property, "true");
      try {
        return Vertx.vertx(
            new VertxOptions()
                .setUseDaemonThread(true)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
      } finally {
        if (before == null) {
          System.clearProperty(property);
        } else {
          System.setProperty(property, before);
        }
      }
    }
  }

  private static final class SharedVertxFactory extends Vertx5HttpClientFactory {

    private final boolean tls;

    SharedVertxFactory(Vertx vertx, boolean tls) {
      super(vertx);
      this.tls = tls;
    }

    @Override
    protected void additionalConfig(
        WebClientOptions http, WebSocketClientOptions webSocket, PoolOptions pool) {
      http.setTcpNoDelay(true).setTcpKeepAlive(true);
      if (!tls) {
        http.setProtocolVersion(HttpVersion.HTTP_1_1);
        return;
      }
      http.setProtocolVersion(HttpVersion.HTTP_2)
          .setUseAlpn(true)
          .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
          .setHttp2ConnectionWindowSize(HTTP2_CONNECTION_WINDOW_BYTES);
      http.getInitialSettings().setInitialWindowSize(HTTP2_STREAM_WINDOW_BYTES);
      pool.setHttp2MaxSize(HTTP2_CONNECTIONS);
    }
  }
}
