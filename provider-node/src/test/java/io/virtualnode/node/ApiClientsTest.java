package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.http.StandardHttpClientBuilder;
import io.fabric8.kubernetes.client.utils.TokenRefreshInterceptor;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ApiClientsTest {

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
  void no_newer_token_is_looked_for_before_each_request_when_there_is_none() {
    assertThat(interceptors(config("{}")))
        .isNotEmpty()
        .doesNotContainKey(TokenRefreshInterceptor.NAME);
  }

  @Test
  void token_of_a_kubeconfig_is_refreshed() {
    assertThat(interceptors(config("{token: t}"))).containsKey(TokenRefreshInterceptor.NAME);
  }

  @Test
  void password_fixed_token_and_provider_of_tokens_are_sent() {
    var empty = config("{}");

    assertThat(ApiClients.hasToken(empty)).isFalse();
    assertThat(ApiClients.hasToken(config("{username: u, password: p}"))).isTrue();
    assertThat(ApiClients.hasToken(new ConfigBuilder(empty).withOauthToken("t").build())).isTrue();
    assertThat(
            ApiClients.hasToken(new ConfigBuilder(empty).withOauthTokenProvider(() -> "t").build()))
        .isTrue();
  }
}
