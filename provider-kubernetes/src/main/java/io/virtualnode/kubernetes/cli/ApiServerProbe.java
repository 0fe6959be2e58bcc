package io.virtualnode.kubernetes.cli;

import io.fabric8.kubernetes.api.model.authentication.SelfSubjectReview;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtualnode.kubernetes.ForwardingNode;
import io.virtualnode.kubernetes.Whereabouts;
import io.virtualnode.kubernetes.Whereabouts.Place;
import io.virtualnode.kubernetes.config.ClusterAccess;
import io.virtualnode.kubernetes.config.Configuration;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Asks an API server. Each permission is a SelfSubjectAccessReview of its own, because the rules
 * that a SelfSubjectRulesReview returns may be incomplete.
 */
final class ApiServerProbe implements ClusterProbe {

  @Override
  public Finding probe(ClusterAccess access, List<Permission> permissions, Duration timeout) {
    var server = access.toString();
    try {
      var config = config(access, timeout);
      server = config.getMasterUrl();
      try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
        return reached(client, permissions);
      }
    } catch (RuntimeException e) {
      return new Finding.Unreachable(server + ": " + reason(e));
    }
  }

  @Override
  public SortedMap<Place, Integer> unconfigured(Configuration configuration) {
    try (var primary = ForwardingNode.primaryClient(configuration)) {
      return Whereabouts.unconfigured(configuration, primary);
    } catch (KubernetesClientException e) {
      return new TreeMap<>(); // what is missing for that is named by the probe
    }
  }

  private static Finding reached(KubernetesClient client, List<Permission> permissions) {
    var version = client.getKubernetesVersion().getGitVersion();
    var user = user(client);
    var missing = new ArrayList<Permission>();
    for (var permission : permissions) {
      if (!allowed(client, permission)) {
        missing.add(permission);
      }
    }
    return new Finding.Reached(
        client.getConfiguration().getMasterUrl(), version, user, clusterUid(client), missing);
  }

  private static Optional<String> user(KubernetesClient client) {
    try {
      var review =
          client.authentication().v1().selfSubjectReviews().create(new SelfSubjectReview());
      return Optional.of(review.getStatus().getUserInfo().getUsername());
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND
          || e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Optional<String> clusterUid(KubernetesClient client) {
    try {
      return Optional.ofNullable(client.namespaces().withName("kube-system").get())
          .map(namespace -> namespace.getMetadata().getUid());
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static boolean allowed(KubernetesClient client, Permission permission) {
    var review =
        new SelfSubjectAccessReviewBuilder()
            .withNewSpec()
            .withResourceAttributes(attributes(permission))
            .endSpec()
            .build();
    var answer = client.authorization().v1().selfSubjectAccessReview().create(review);
    return Boolean.TRUE.equals(answer.getStatus().getAllowed());
  }

  /** What an authorizer is asked; an empty namespace means all of them. */
  static ResourceAttributes attributes(Permission permission) {
    var slash = permission.resource().indexOf('/');
    var resource = slash < 0 ? permission.resource() : permission.resource().substring(0, slash);
    var attributes =
        new ResourceAttributesBuilder()
            .withVerb(permission.verb())
            .withGroup(permission.group())
            .withResource(resource);
    if (slash >= 0) {
      attributes.withSubresource(permission.resource().substring(slash + 1));
    }
    if (permission.scope() instanceof Permission.Scope.Namespace namespace) {
      attributes.withNamespace(namespace.name());
    } else if (permission.scope() instanceof Permission.Scope.Named named) {
      attributes.withName(named.name());
      if (permission.resource().equals("namespaces")) {
        // As the API server does for requests: a Role inside may grant access to its namespace.
        attributes.withNamespace(named.name());
      }
    }
    return attributes.build();
  }

  private static Config config(ClusterAccess access, Duration timeout) {
    var config = access.api().fixedConfig();
    config.setRequestTimeout(Math.toIntExact(timeout.toMillis()));
    config.setRequestRetryBackoffLimit(0);
    return config;
  }

  /** The innermost cause, in one line: outer messages only repeat the request. */
  static String reason(Throwable failure) {
    if (failure instanceof KubernetesClientException e
        && e.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED) {
      return "the credentials are refused (HTTP 401)";
    }
    var innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    var message = innermost.getMessage();
    var text =
        message == null || message.isBlank() ? innermost.getClass().getSimpleName() : message;
    return text.lines().findFirst().orElse(text).strip();
  }
}
