package io.virtualnode.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.AuthInfoBuilder;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.ClusterBuilder;
import io.fabric8.kubernetes.api.model.Context;
import io.fabric8.kubernetes.api.model.NamedAuthInfo;
import io.fabric8.kubernetes.api.model.NamedCluster;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Utils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads how an API server is reached from a kubeconfig and the files that it names, or, without
 * one, as {@code kubectl} and programs in a pod find it: {@code KUBECONFIG}, {@code
 * ~/.kube/config}, the pod's service account.
 *
 * <p>Unlike fabric8 8.0 it knows {@code tokenFile} and runs no credential plug-in. Stateless.
 */
final class AccessReader {

  static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

  private final Optional<Path> kubeconfig;
  private final Optional<String> context;

  AccessReader(Optional<Path> kubeconfig, Optional<String> context) {
    this.kubeconfig = kubeconfig;
    this.context = context;
  }

  /** A kubeconfig, with what its names come from. */
  private record Loaded(Path file, io.fabric8.kubernetes.api.model.Config content) {}

  /** Something that a kubeconfig lists, with that kubeconfig. */
  private record Found<T>(Path file, T item) {}

  /**
   * Reads all of it.
   *
   * @throws IOException if a file that is named cannot be read, or does not say what is needed
   */
  AccessFacts read() throws IOException {
    return read(new LinkedHashSet<>());
  }

  /**
   * The same.
   *
   * @param placeFiles is given the files that the place is read from, also if that fails
   */
  AccessFacts read(Set<Path> placeFiles) throws IOException {
    List<Path> files = files();
    placeFiles.addAll(files);
    try {
      return files.isEmpty() ? serviceAccount(placeFiles) : kubeconfigs(files, placeFiles);
    } catch (RuntimeException e) { // something is null that nobody leaves out
      throw new IOException(files + " cannot be understood: " + e.getClass().getSimpleName());
    }
  }

  /** Whether the standard access is the service account's, whose settings may be in properties. */
  boolean isStandard() {
    return kubeconfig.isEmpty();
  }

  /** The same as fabric8 reads it. */
  Config byFabric8() {
    return kubeconfig
        .map(file -> Config.fromKubeconfig(context.orElse(null), file.toFile()))
        .orElseGet(() -> Config.autoConfigure(null));
  }

  private List<Path> files() {
    if (kubeconfig.isPresent()) {
      return List.of(kubeconfig.get());
    }
    boolean wanted =
        Utils.getSystemPropertyOrEnvVar(Config.KUBERNETES_AUTH_TRYKUBECONFIG_SYSTEM_PROPERTY, true);
    return wanted
        ? Config.getKubeconfigFilenames().stream()
            .filter(name -> !name.isEmpty())
            .map(name -> Path.of(name).toAbsolutePath())
            .filter(Files::isRegularFile)
            .toList()
        : List.of();
  }

  private AccessFacts kubeconfigs(List<Path> files, Set<Path> placeFiles) throws IOException {
    List<Loaded> loaded = new ArrayList<>();
    for (Path file : files) {
      loaded.add(new Loaded(file, load(file)));
    }
    String current = current(loaded);
    Context chosen =
        find(loaded, "context", current, config -> config.getContexts(), NamedContext::getName)
            .item()
            .getContext();
    Found<NamedCluster> cluster =
        find(
            loaded,
            "cluster",
            chosen.getCluster(),
            config -> config.getClusters(),
            NamedCluster::getName);
    Cluster place = place(cluster.item().getCluster(), cluster.file(), placeFiles);
    if (chosen.getUser() == null || chosen.getUser().isEmpty()) {
      return new AccessFacts(place, new AuthInfo(), null);
    }
    Found<NamedAuthInfo> user =
        find(loaded, "user", chosen.getUser(), config -> config.getUsers(), NamedAuthInfo::getName);
    return new AccessFacts(
        place, user(user.item().getUser(), user.file()), user.file().getParent());
  }

  private String current(List<Loaded> loaded) throws IOException {
    return context
        .or(
            () ->
                loaded.stream()
                    .map(each -> each.content().getCurrentContext())
                    .filter(name -> name != null && !name.isEmpty())
                    .findFirst())
        .orElseThrow(() -> new IOException("no current-context in " + names(loaded)));
  }

  /** The first file that has it wins. */
  private static <T> Found<T> find(
      List<Loaded> loaded,
      String kind,
      @Nullable String name,
      Function<io.fabric8.kubernetes.api.model.Config, @Nullable List<T>> list,
      Function<T, String> nameOf)
      throws IOException {
    for (Loaded each : loaded) {
      List<T> items = list.apply(each.content());
      for (T item : items == null ? List.<T>of() : items) {
        if (Objects.equals(name, nameOf.apply(item))) {
          return new Found<>(each.file(), item);
        }
      }
    }
    throw new IOException(kind + " \"" + name + "\" is not in " + names(loaded));
  }

  private static String names(List<Loaded> loaded) {
    return String.join(", ", loaded.stream().map(each -> each.file().toString()).toList());
  }

  private static io.fabric8.kubernetes.api.model.Config load(Path file) throws IOException {
    String text = Files.readString(file);
    try {
      return Objects.requireNonNull(
          SERIALIZATION.unmarshal(text, io.fabric8.kubernetes.api.model.Config.class), "empty");
    } catch (RuntimeException e) {
      throw new IOException(file + " is not a kubeconfig"); // the cause may quote secrets
    }
  }

  private static Cluster place(Cluster said, Path kubeconfig, Set<Path> files) throws IOException {
    if (said == null || said.getServer() == null) {
      throw new IOException("the cluster has no server in " + kubeconfig);
    }
    ClusterBuilder place = new ClusterBuilder(said).withCertificateAuthority(null);
    if (isSet(said.getCertificateAuthority()) && !isSet(said.getCertificateAuthorityData())) {
      Path file = kubeconfig.resolveSibling(said.getCertificateAuthority());
      files.add(file);
      place.withCertificateAuthorityData(base64(file));
    }
    return place.build();
  }

  private static AuthInfo user(AuthInfo said, Path kubeconfig) throws IOException {
    AuthInfoBuilder user =
        new AuthInfoBuilder(said)
            .withClientCertificate(null)
            .withClientKey(null)
            .withTokenFile(null);
    if (isSet(said.getClientCertificate()) && !isSet(said.getClientCertificateData())) {
      user.withClientCertificateData(
          base64(kubeconfig.resolveSibling(said.getClientCertificate())));
    }
    if (isSet(said.getClientKey()) && !isSet(said.getClientKeyData())) {
      user.withClientKeyData(base64(kubeconfig.resolveSibling(said.getClientKey())));
    }
    if (isSet(said.getTokenFile())) { // takes precedence over token, as in kubectl
      Path file = kubeconfig.resolveSibling(said.getTokenFile());
      String token = Files.readString(file, UTF_8).strip();
      if (token.isEmpty()) {
        throw new IOException(file + " is empty"); // it is just being written
      }
      user.withToken(token);
    }
    return user.build();
  }

  private static AccessFacts serviceAccount(Set<Path> files) throws IOException {
    Config found = Config.autoConfigure(null);
    ClusterBuilder place = new ClusterBuilder().withServer(found.getMasterUrl());
    if (found.isTrustCerts()) {
      place.withInsecureSkipTlsVerify(true);
    }
    if (isSet(found.getCaCertData())) {
      place.withCertificateAuthorityData(found.getCaCertData());
    } else if (isSet(found.getCaCertFile())) {
      Path file = Path.of(found.getCaCertFile());
      files.add(file);
      place.withCertificateAuthorityData(base64(file));
    }
    String token = isSet(found.getOauthToken()) ? found.getOauthToken() : found.getAutoOAuthToken();
    AuthInfoBuilder user = new AuthInfoBuilder();
    if (isSet(token)) {
      user.withToken(token.strip());
    }
    if (isSet(found.getClientCertFile()) && isSet(found.getClientKeyFile())) {
      user.withClientCertificateData(base64(Path.of(found.getClientCertFile())))
          .withClientKeyData(base64(Path.of(found.getClientKeyFile())));
    }
    return new AccessFacts(place.build(), user.build(), null);
  }

  private static String base64(Path file) throws IOException {
    return Base64.getEncoder().encodeToString(Files.readAllBytes(file));
  }

  static boolean isSet(@Nullable String text) {
    return text != null && !text.isEmpty();
  }
}
