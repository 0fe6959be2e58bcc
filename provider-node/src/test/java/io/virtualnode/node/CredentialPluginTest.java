package io.virtualnode.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.ClusterBuilder;
import io.fabric8.kubernetes.api.model.ExecConfig;
import io.fabric8.kubernetes.api.model.ExecConfigBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class CredentialPluginTest {

  private static final String API = "client.authentication.k8s.io/v1";
  private static final Cluster CLUSTER =
      new ClusterBuilder().withServer("https://there").withCertificateAuthorityData("Q0E=").build();

  @TempDir private Path folder;

  @Test
  void token_and_its_end_are_taken() throws IOException {
    Credential given =
        ask(
            """
            {"token": "t", "expirationTimestamp": "2030-01-02T03:04:05+01:00"}
            """);

    assertThat(given.authorization()).isEqualTo("Bearer t");
    assertThat(given.expires()).isEqualTo(Instant.parse("2030-01-02T02:04:05Z"));
    assertThat(given.toString()).doesNotContain("Bearer");
  }

  @Test
  void certificate_with_its_key_is_taken() throws IOException {
    Credential given =
        ask(
            """
            {"clientCertificateData": "cert", "clientKeyData": "key"}
            """);

    assertThat(given.authorization()).isNull();
    assertThat(given.certificate()).isEqualTo(base64("cert"));
    assertThat(given.key()).isEqualTo(base64("key"));
  }

  @Test
  void answers_that_are_no_credential_are_refused() {
    assertThatThrownBy(() -> ask("{}")).hasMessageContaining("neither a token nor");
    assertThatThrownBy(() -> ask("{\"clientCertificateData\": \"cert\"}"))
        .hasMessageContaining("neither a token nor a certificate with its key");
    assertThatThrownBy(() -> ask("{\"token\": \"t\", \"expirationTimestamp\": \"soon\"}"))
        .hasMessageContaining("no time as expirationTimestamp: soon");
    assertThatThrownBy(() -> plugin(exec("echo secret")).ask())
        .hasMessageContaining("printed no ExecCredential")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(
            () ->
                plugin(exec("echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"v0\"}'")).ask())
        .hasMessageContaining("printed no ExecCredential of " + API);
  }

  @Test
  void failure_is_told_with_what_went_to_stderr_and_not_with_what_went_to_stdout() {
    assertThatThrownBy(() -> plugin(exec("echo secret; echo log in first >&2; exit 3")).ask())
        .hasMessageContaining("plugin.sh exited with 3: log in first")
        .hasMessageNotContaining("secret");
  }

  @Test
  void stderr_of_a_plugin_that_succeeds_is_no_part_of_its_answer() throws IOException {
    assertThat(
            plugin(exec("echo warning >&2; echo '" + credential("{\"token\": \"t\"}") + "'"))
                .ask()
                .authorization())
        .isEqualTo("Bearer t");
  }

  @Test
  void plugin_that_takes_too_long_is_killed_with_its_children() throws IOException {
    Path child = folder.resolve("child");
    ExecConfig exec = exec("sleep 60 & echo $! > " + child + "; echo waiting >&2; wait");
    CredentialPlugin slow = new CredentialPlugin(exec, folder, CLUSTER, Duration.ofSeconds(1));

    assertThatThrownBy(slow::ask).hasMessageContaining("was killed after PT1S: waiting");
    Path process = Path.of("/proc", Files.readString(child).strip(), "cmdline");
    // Nobody may be there to ask how it ended; then it stays, without a command.
    await().until(() -> !Files.exists(process) || Files.readString(process).isEmpty());
  }

  @Test
  void missing_plugin_is_told_with_the_hint_to_install_it() {
    ExecConfig missing =
        new ExecConfigBuilder()
            .withApiVersion(API)
            .withCommand("no-such-plugin")
            .withInstallHint("get it from there")
            .build();

    assertThatThrownBy(() -> plugin(missing).ask())
        .hasMessageContaining("no-such-plugin cannot be started")
        .hasMessageEndingWith("; get it from there");
  }

  @Test
  void plugin_gets_its_environment_and_is_told_the_cluster_if_it_wants_to_know()
      throws IOException {
    Path seen = folder.resolve("seen");
    ExecConfig exec =
        new ExecConfigBuilder(
                exec(
                    "echo \"$1 $MORE $KUBERNETES_EXEC_INFO\" > "
                        + seen
                        + "; echo '"
                        + credential("{\"token\": \"t\"}")
                        + "'"))
            .withArgs("argument")
            .addNewEnv("MORE", "more")
            .build();
    plugin(exec).ask();
    assertThat(Files.readString(seen))
        .startsWith("argument more ")
        .contains("\"interactive\":false", "\"kind\":\"ExecCredential\"", API)
        .doesNotContain("https://there");

    plugin(new ExecConfigBuilder(exec).withProvideClusterInfo(true).build()).ask();
    assertThat(Files.readString(seen))
        .contains("\"server\":\"https://there\"", "\"certificate-authority-data\":\"Q0E=\"");
  }

  private Credential ask(String status) throws IOException {
    return plugin(exec("cat <<'END'\n" + credential(status) + "\nEND")).ask();
  }

  private static String credential(String status) {
    return "{\"kind\": \"ExecCredential\", \"apiVersion\": \""
        + API
        + "\", \"status\": "
        + status.strip()
        + "}";
  }

  private CredentialPlugin plugin(ExecConfig exec) {
    return new CredentialPlugin(exec, folder, CLUSTER, Duration.ofSeconds(20));
  }

  /** By a path relative to the kubeconfig's folder. */
  private ExecConfig exec(String script) {
    write(folder.resolve("plugin.sh"), script);
    return new ExecConfigBuilder().withApiVersion(API).withCommand("./plugin.sh").build();
  }

  static void write(Path file, String script) {
    try {
      Files.writeString(file, "#!/bin/sh\n" + script + "\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
