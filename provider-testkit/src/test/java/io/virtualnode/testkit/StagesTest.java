package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StagesTest {

  private final String text = read();
  private final List<GenericKubernetesResource> documents =
      Arrays.stream(text.split("(?m)^---$", -1))
          .map(document -> Serialization.unmarshal(document, GenericKubernetesResource.class))
          .toList();

  @Test
  @DisplayName("all stages parse, with unique names, for nodes and pods")
  void parse() {
    List<GenericKubernetesResource> stages =
        documents.stream().filter(document -> document.getKind().equals("Stage")).toList();
    assertThat(stages)
        .extracting(stage -> stage.getMetadata().getName())
        .containsExactlyInAnyOrder(
            "node-ready",
            "node-not-ready",
            "node-heartbeat",
            "pod-start",
            "pod-stuck",
            "pod-end",
            "pod-stop",
            "pod-gone");
    assertThat(stages)
        .allSatisfy(
            stage -> {
              assertThat(stage.getApiVersion()).isEqualTo("kwok.x-k8s.io/v1alpha1");
              String kind = stage.get("spec", "resourceRef", "kind");
              assertThat(kind).isIn("Node", "Pod");
              assertThat((List<?>) stage.get("spec", "selector", "matchExpressions")).isNotEmpty();
              assertThat((List<?>) stage.get("spec", "steps")).isNotEmpty();
            });
  }

  @Test
  @DisplayName("every pod patch names the pod's UID")
  void uidPrecondition() {
    List<String> templates = new ArrayList<>();
    for (GenericKubernetesResource document : documents) {
      String kind = document.get("spec", "resourceRef", "kind");
      String template = document.get("spec", "steps", 0, "patch", "template");
      if (Objects.equals(kind, "Pod") && template != null) {
        templates.add(template);
      }
    }
    assertThat(templates)
        .hasSize(4)
        .allMatch(template -> template.contains("metadata:\n  uid: {{"));
  }

  @Test
  @DisplayName("every annotation and outcome that Simulation offers is known to the stages")
  void everyConstantIsUsed() throws IllegalAccessException {
    List<String> offered = new ArrayList<>();
    for (Field field : Simulation.class.getFields()) {
      offered.add((String) requireNonNull(field.get(null)));
    }
    assertThat(offered).isNotEmpty().allSatisfy(value -> assertThat(text).contains(value));
  }

  private static String read() {
    try (InputStream in =
        requireNonNull(StagesTest.class.getResourceAsStream("stages.yaml"), "stages.yaml")) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
