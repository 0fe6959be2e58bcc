package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import io.fabric8.kubernetes.client.utils.TokenRefreshInterceptor;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a client")
class ApiClientsTest {

  private static Config config(String user) {
    return Config.fromKubeconfig(
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
        users: [{name: u, user: %s}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(user));
  }

  private static Map<String, Interceptor> interceptors(Config config) {
    try (var client = ApiClients.client(config)) {
      return ((StandardHttpClientBuilder<?, ?, ?>) client.getHttpClient().newBuilder())
          .getInterceptors();
    }
  }

  @Test
  @DisplayName("without a token looks for no newer one before each request")
  void no_token_no_refresh() {
    assertThat(interceptors(config("{}")))
        .isNotEmpty()
        .doesNotContainKey(TokenRefreshInterceptor.NAME);
  }

  @Test
  @DisplayName("with a token of a kubeconfig goes on refreshing it")
  void token_is_refreshed() {
    assertThat(interceptors(config("{token: t}"))).containsKey(TokenRefreshInterceptor.NAME);
  }

  @Test
  @DisplayName("with a password, a fixed token or a provider of tokens sends it")
  void other_credentials_are_sent() {
    var empty = config("{}");

    assertThat(ApiClients.hasToken(empty)).isFalse();
    assertThat(ApiClients.hasToken(config("{username: u, password: p}"))).isTrue();
    assertThat(ApiClients.hasToken(new ConfigBuilder(empty).withOauthToken("t").build())).isTrue();
    assertThat(
            ApiClients.hasToken(new ConfigBuilder(empty).withOauthTokenProvider(() -> "t").build()))
        .isTrue();
  }
}
