package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.ForwardingNode;
import io.virtualnode.kubernetes.Survey;
import io.virtualnode.kubernetes.config.Configuration;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What the commands that look at all clusters have in common. */
final class SurveyOptions {

  enum Output {
    text,
    json
  }

  @Mixin ConfigurationOption configuration = new ConfigurationOption();

  @Option(
      names = {"-o", "--output"},
      defaultValue = "text",
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  Output output = Output.text;

  @Option(
      names = "--timeout",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description = "How long members are waited for (default: ${DEFAULT-VALUE} seconds)")
  int timeoutSeconds;

  /** Asks a question of a survey, which is closed after it. */
  <T> T ask(Configuration configuration, Function<Survey, T> question) throws InterruptedException {
    try (var primary = ForwardingNode.primaryClient(configuration);
        var survey =
            Survey.take(
                configuration,
                primary,
                ForwardingNode::memberClient,
                Duration.ofSeconds(timeoutSeconds))) {
      return question.apply(survey);
    }
  }

  static String json(Map<String, Object> tree) {
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsString(tree);
  }
}
