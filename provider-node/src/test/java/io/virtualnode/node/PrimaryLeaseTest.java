package io.virtualnode.node;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** What a real API server cannot be made to answer; for the rest see {@link ElectionIT}. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class PrimaryLeaseTest {

  @Test
  void request_that_is_turned_away_is_not_repeated_behind_the_elections_back() throws IOException {
    AtomicInteger requests = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          exchange.getResponseHeaders().add("Retry-After", "1");
          exchange.sendResponseHeaders(429, -1);
          exchange.close();
        });
    server.start();
    VirtualTimer timer = new VirtualTimer();
    LeaseStore store =
        new PrimaryLease(
            ApiClients.leaseClient(
                new ConfigBuilder()
                    .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                    .withAutoConfigure(false)
                    .build(),
                Duration.ofSeconds(5)),
            "ns",
            "lease",
            ForkJoinPool.commonPool(),
            timer);
    try {
      assertThat(store.read().toCompletableFuture())
          .failsWithin(Duration.ofSeconds(10))
          .withThrowableThat()
          .satisfies(e -> assertThat(PrimaryApi.code(requireNonNull(e.getCause()))).isEqualTo(429));
      assertThat(requests).hasValue(1);
      assertThat(timer.scheduled()).isZero();
    } finally {
      store.close();
      server.stop(0);
    }
  }
}
