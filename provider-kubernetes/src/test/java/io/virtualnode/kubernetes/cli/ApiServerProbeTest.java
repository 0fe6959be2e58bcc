package io.virtualnode.kubernetes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtualnode.kubernetes.cli.Permission.Scope;
import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class ApiServerProbeTest {

  @Test
  void a_subresource_in_one_namespace_is_asked_as_such() {
    assertThat(
            ApiServerProbe.attributes(
                new Permission("get", "", "pods/log", new Scope.Namespace("atlas"))))
        .isEqualTo(
            new ResourceAttributesBuilder()
                .withVerb("get")
                .withGroup("")
                .withResource("pods")
                .withSubresource("log")
                .withNamespace("atlas")
                .build());
  }

  @Test
  void all_namespaces_are_asked_by_naming_none() {
    assertThat(
            ApiServerProbe.attributes(
                new Permission("watch", "g", "pods", new Scope.AllNamespaces())))
        .isEqualTo(
            new ResourceAttributesBuilder()
                .withVerb("watch")
                .withGroup("g")
                .withResource("pods")
                .build());
  }

  @Test
  void a_namespace_is_asked_for_by_name_and_as_its_own_namespace() {
    assertThat(
            ApiServerProbe.attributes(
                new Permission("get", "", "namespaces", new Scope.Named("kube-system"))))
        .isEqualTo(
            new ResourceAttributesBuilder()
                .withVerb("get")
                .withGroup("")
                .withResource("namespaces")
                .withName("kube-system")
                .withNamespace("kube-system")
                .build());
  }

  @Test
  void the_reason_is_the_innermost_cause_in_one_line() {
    var failure =
        new KubernetesClientException(
            "Operation: [get]  failed",
            new IOException("outer", new ConnectException("Connection refused\nmore")));

    assertThat(ApiServerProbe.reason(failure)).isEqualTo("Connection refused");
  }

  @Test
  void refused_credentials_are_said_as_such() {
    assertThat(ApiServerProbe.reason(new KubernetesClientException("Failure executing", 401, null)))
        .isEqualTo("the credentials are refused (HTTP 401)");
  }

  @Test
  void a_failure_without_words_is_told_by_its_kind() {
    assertThat(ApiServerProbe.reason(new IllegalStateException(new InterruptedException())))
        .isEqualTo("InterruptedException");
  }
}
