package io.virtualnode.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.ExecConfig;
import io.fabric8.kubernetes.api.model.ExecEnvVar;
import io.fabric8.kubernetes.api.model.NamedExtension;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks a credential plug-in of a kubeconfig ({@code exec}), as client-go does: see "client-go
 * credential plugins" of the Kubernetes documentation. The plug-in gets no input and no terminal.
 *
 * <p>Blocks until the plug-in has ended or its time is over, then it is killed. Stateless.
 */
final class CredentialPlugin {

  private static final int OUTPUT_BYTES = 1 << 20;
  private static final int SHOWN_CHARACTERS = 1000;
  private static final Duration LAST_OUTPUT = Duration.ofSeconds(5);
  private static final String EXEC_EXTENSION = "client.authentication.k8s.io/exec";

  private final ExecConfig exec;
  private final @Nullable Path folder;
  private final Cluster cluster;
  private final Duration timeout;

  /**
   * A plug-in that has not been started.
   *
   * @param folder what a relative command is relative to
   * @param cluster told to the plug-in if it wants to know
   * @param timeout after which it is killed
   */
  CredentialPlugin(ExecConfig exec, @Nullable Path folder, Cluster cluster, Duration timeout) {
    this.exec = exec;
    this.folder = folder;
    this.cluster = cluster;
    this.timeout = timeout;
  }

  /**
   * Runs the plug-in once.
   *
   * @throws IOException if it gives no credential; the message has what it wrote to stderr
   */
  Credential ask() throws IOException {
    if ("Always".equals(exec.getInteractiveMode())) {
      throw new IOException(name() + " needs a terminal (interactiveMode: Always)");
    }
    Process process = start();
    try {
      process.getOutputStream().close();
      CompletableFuture<String> output = read(process.getInputStream());
      CompletableFuture<String> errors = read(process.getErrorStream());
      if (!process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        kill(process);
        throw new IOException(name() + " was killed after " + timeout + said(errors));
      }
      if (process.exitValue() != 0) {
        throw new IOException(name() + " exited with " + process.exitValue() + said(errors));
      }
      return credential(await(output), errors);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + name() + " ran", e);
    } finally {
      kill(process);
    }
  }

  private String name() {
    return "credential plug-in " + exec.getCommand();
  }

  private Process start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(command());
    command.addAll(Objects.requireNonNullElse(exec.getArgs(), List.of()));
    ProcessBuilder builder = new ProcessBuilder(command);
    for (ExecEnvVar variable : Objects.requireNonNullElse(exec.getEnv(), List.<ExecEnvVar>of())) {
      builder.environment().put(variable.getName(), variable.getValue());
    }
    builder.environment().put("KUBERNETES_EXEC_INFO", info());
    try {
      return builder.start();
    } catch (IOException e) {
      String hint = exec.getInstallHint() == null ? "" : "; " + exec.getInstallHint().strip();
      throw new IOException(name() + " cannot be started: " + e.getMessage() + hint, e);
    }
  }

  private String command() {
    String command = exec.getCommand();
    return folder != null && command.contains(File.separator)
        ? folder.resolve(command).toString()
        : command;
  }

  private String info() {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("interactive", false);
    if (Boolean.TRUE.equals(exec.getProvideClusterInfo())) {
      spec.put("cluster", clusterInfo());
    }
    return AccessReader.SERIALIZATION.asJson(
        Map.of("apiVersion", exec.getApiVersion(), "kind", "ExecCredential", "spec", spec));
  }

  private Map<String, Object> clusterInfo() {
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("server", cluster.getServer());
    putIfSet(info, "tls-server-name", cluster.getTlsServerName());
    putIfSet(info, "certificate-authority-data", cluster.getCertificateAuthorityData());
    putIfSet(info, "proxy-url", cluster.getProxyUrl());
    putIfSet(info, "insecure-skip-tls-verify", cluster.getInsecureSkipTlsVerify());
    for (NamedExtension extension :
        Objects.requireNonNullElse(cluster.getExtensions(), List.<NamedExtension>of())) {
      if (EXEC_EXTENSION.equals(extension.getName())) {
        putIfSet(info, "config", extension.getExtension());
      }
    }
    return info;
  }

  private static void putIfSet(Map<String, Object> info, String key, @Nullable Object value) {
    if (value != null) {
      info.put(key, value);
    }
  }

  private Credential credential(String output, CompletableFuture<String> errors)
      throws IOException {
    Map<?, ?> answer;
    try {
      answer = AccessReader.SERIALIZATION.unmarshal(output, Map.class);
    } catch (RuntimeException e) { // its message may quote the token
      throw new IOException(name() + " printed no ExecCredential" + said(errors));
    }
    if (answer == null
        || !"ExecCredential".equals(answer.get("kind"))
        || !Objects.equals(exec.getApiVersion(), answer.get("apiVersion"))) {
      throw new IOException(
          name() + " printed no ExecCredential of " + exec.getApiVersion() + said(errors));
    }
    Map<?, ?> status = answer.get("status") instanceof Map<?, ?> map ? map : Map.of();
    String token = text(status, "token");
    String certificate = text(status, "clientCertificateData");
    String key = text(status, "clientKeyData");
    if ((certificate == null) != (key == null) || (token == null && certificate == null)) {
      throw new IOException(
          name() + " gave neither a token nor a certificate with its key" + said(errors));
    }
    return Credential.given(token, certificate, key, expiry(status));
  }

  private @Nullable Instant expiry(Map<?, ?> status) throws IOException {
    String text = text(status, "expirationTimestamp");
    try {
      return text == null ? null : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new IOException(name() + " gave no time as expirationTimestamp: " + text, e);
    }
  }

  private static @Nullable String text(Map<?, ?> map, String key) {
    Object value = map.get(key);
    return value == null || value.toString().isEmpty() ? null : value.toString();
  }

  private static CompletableFuture<String> read(InputStream stream) {
    CompletableFuture<String> text = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try (stream) {
                text.complete(new String(stream.readNBytes(OUTPUT_BYTES), UTF_8));
              } catch (IOException | UncheckedIOException e) {
                text.completeExceptionally(e);
              }
            },
            "credential-plugin-output");
    thread.setDaemon(true);
    thread.start();
    return text;
  }

  /** A child of the plug-in's that lives on may keep the stream open. */
  private static String await(CompletableFuture<String> text)
      throws IOException, InterruptedException {
    try {
      return text.get(LAST_OUTPUT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw new IOException("the output cannot be read", e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("the output did not end with the process", e);
    }
  }

  private static String said(CompletableFuture<String> errors) {
    String text;
    try {
      text = await(errors).strip();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    } catch (IOException e) {
      return " (" + e.getMessage() + ")";
    }
    return Optional.of(text.substring(0, Math.min(text.length(), SHOWN_CHARACTERS)))
        .filter(shown -> !shown.isEmpty())
        .map(shown -> ": " + shown)
        .orElse("");
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
