package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class ApiAccessTest {

  private static final Map<String, String> IN_A_POD =
      Map.of(
          "kubernetes.auth.tryKubeConfig", "false",
          "KUBERNETES_SERVICE_HOST", "10.0.0.1",
          "KUBERNETES_SERVICE_PORT", "443");

  @TempDir private Path folder;

  @AfterEach
  void forgetProperties() {
    IN_A_POD.keySet().forEach(System::clearProperty);
    System.clearProperty("kubernetes.certs.ca.file");
    System.clearProperty("kubernetes.auth.serviceAccount.token");
  }

  @Test
  void files_that_a_kubeconfig_names_are_read_relative_to_it() {
    ApiAccess access =
        access(
            "certificate-authority: ca.crt",
            "client-certificate: me.crt, client-key: ../" + folder.getFileName() + "/me.key");
    write("ca.crt", "CA");
    write("me.crt", "ME");
    write("me.key", "KEY");
    Config config = access.fixedConfig();

    assertThat(config.getCaCertData()).isEqualTo(base64("CA"));
    assertThat(config.getClientCertData()).isEqualTo(base64("ME"));
    assertThat(config.getClientKeyData()).isEqualTo(base64("KEY"));
    assertThat(access.placeFiles())
        .containsExactlyInAnyOrder(folder.resolve("config"), folder.resolve("ca.crt"));
  }

  @Test
  void token_file_takes_precedence_over_a_token() {
    ApiAccess access = access("", "token: old, tokenFile: token");
    write("token", "newest\n");

    assertThat(access.fixedConfig().getOauthToken()).isEqualTo("newest");
  }

  @Test
  void place_is_another_with_address_or_authorities_and_not_with_credentials() {
    ApiAccess access = access("certificate-authority: ca.crt", "tokenFile: token");
    write("ca.crt", "CA");
    write("token", "one");
    Optional<String> before = access.place();
    assertThat(before).isPresent();

    write("token", "two");
    assertThat(access.place()).isEqualTo(before);
    write("ca.crt", "other");
    assertThat(access.place()).isPresent().isNotEqualTo(before);
    write("ca.crt", "CA");
    assertThat(access.place()).isEqualTo(before);
    kubeconfig("https://there", "certificate-authority: ca.crt", "tokenFile: token");
    assertThat(access.place()).isPresent().isNotEqualTo(before);
  }

  @Test
  void what_is_missing_is_told() throws IOException {
    ApiAccess access = access("certificate-authority: ca.crt", "tokenFile: token");
    assertThat(access.fault()).contains("file not found: " + folder.resolve("ca.crt"));
    assertThat(access.place()).isEmpty();
    assertThat(access.placeFiles()).contains(folder.resolve("ca.crt"));
    write("ca.crt", "CA");
    assertThat(access.fault()).contains("file not found: " + folder.resolve("token"));
    assertThatThrownBy(access::config)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(folder.resolve("token").toString());
    write("token", "t");
    assertThat(access.fault()).isEmpty();
    assertThat(ApiAccess.ofKubeconfig(folder.resolve("config"), Optional.of("none")).fault())
        .get()
        .asString()
        .contains("context \"none\" is not in " + folder.resolve("config"));
    Files.writeString(folder.resolve("config"), "{users: [{user: {token: secret");
    assertThat(access.fault()).get().asString().doesNotContain("secret");
    var trace = new StringWriter();
    assertThatThrownBy(access::config).satisfies(e -> e.printStackTrace(new PrintWriter(trace)));
    assertThat(trace.toString()).contains("is not a kubeconfig").doesNotContain("secret");
  }

  @Test
  void kubeconfig_that_leaves_out_what_nobody_does_is_a_fault_and_no_exception()
      throws IOException {
    ApiAccess access = access("", "token: t");
    Files.writeString(
        folder.resolve("config"),
        Files.readString(folder.resolve("config"))
            .replace("{name: u, user: {token: t}}", "{name: u}"));
    assertThat(access.fault()).get().asString().contains("cannot be understood");
    assertThat(access.place()).isEmpty();
    assertThat(access.placeFiles()).containsExactly(folder.resolve("config"));
  }

  @Test
  void service_account_of_a_pod_is_found() {
    IN_A_POD.forEach(System::setProperty);
    System.setProperty("kubernetes.certs.ca.file", write("ca.crt", "CA").toString());
    System.setProperty(
        "kubernetes.auth.serviceAccount.token", write("token", "of the pod\n").toString());
    ApiAccess access = ApiAccess.standard();

    assertThat(access.fixedConfig().getMasterUrl()).startsWith("https://10.0.0.1:443");
    assertThat(access.fixedConfig().getCaCertData()).isEqualTo(base64("CA"));
    assertThat(access.fixedConfig().getOauthToken()).isEqualTo("of the pod");
    assertThat(access.placeFiles()).containsExactly(folder.resolve("ca.crt"));
  }

  @Test
  void plugin_is_asked_for_a_fixed_configuration_and_its_failure_is_told() {
    ApiAccess access =
        access("", "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}");
    CredentialPluginTest.write(folder.resolve("plugin"), "echo not logged in >&2; exit 1");

    assertThatThrownBy(access::fixedConfig).hasMessageEndingWith("exited with 1: not logged in");
    assertThat(access.config().getOauthTokenProvider()).isInstanceOf(LiveAccess.class);
  }

  private ApiAccess access(String cluster, String user) {
    return ApiAccess.ofKubeconfig(kubeconfig("https://here", cluster, user), Optional.empty());
  }

  private Path kubeconfig(String server, String cluster, String user) {
    return write("config", text(server, cluster, user));
  }

  static String text(String server, String cluster, String user) {
    return """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "%s", %s}}]
        users: [{name: u, user: {%s}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
        .formatted(server, cluster, user);
  }

  private Path write(String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
