package io.virtualnode.node;

import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.net.HttpURLConnection;
import java.util.concurrent.CompletableFuture;

/**
 * Sends the authorization of the moment, and once more if it is refused and there is another by
 * then. Takes the place of fabric8's, which reads files and runs plug-ins on the thread that sends.
 */
final class AuthorizationInterceptor implements Interceptor {

  private static final String HEADER = "Authorization";

  private final LiveAccess access;

  AuthorizationInterceptor(LiveAccess access) {
    this.access = access;
  }

  @Override
  public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    set(builder);
  }

  @Override
  public CompletableFuture<Boolean> afterFailure(
      BasicBuilder builder, HttpResponse<?> response, RequestTags tags) {
    if (response.code() != HttpURLConnection.HTTP_UNAUTHORIZED) {
      return CompletableFuture.completedFuture(false);
    }
    return access
        .refused(response.request().header(HEADER))
        .thenApply(
            another -> {
              if (another) {
                set(builder);
              }
              return another;
            });
  }

  private void set(BasicBuilder builder) {
    String authorization = access.authorization();
    if (authorization != null) {
      builder.setHeader(HEADER, authorization);
    }
  }
}
