package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.OPERATORS;
import static io.virtualnode.kubernetes.config.Syntax.TAINT_EFFECTS;
import static io.virtualnode.kubernetes.config.Syntax.oneOf;
import static io.virtualnode.kubernetes.config.Syntax.quote;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads a {@link Configuration} from YAML.
 *
 * <p>Reading goes on after a fault, so that an operator sees all of them at once. Kubeconfigs that
 * the file names are looked into, no cluster is contacted. Relative paths are relative to the
 * file's directory.
 *
 * <pre>{@code
 * node:
 *   name: grid
 * primary:
 *   kubeconfig: primary.kubeconfig
 * members:
 * - name: site-a
 *   kubeconfig: site-a.kubeconfig
 *   headroom: {cpu: 1}
 * }</pre>
 */
public final class ConfigurationFile {

  private final Path file;
  private final Faults faults = new Faults();
  private final Map<String, String> memberNames = new HashMap<>();
  private final Map<String, String> memberTargets = new HashMap<>();

  private ConfigurationFile(Path file) {
    this.file = file;
  }

  /**
   * Reads the file.
   *
   * @throws ConfigurationException with every fault that was found
   */
  public static Configuration read(Path file) throws ConfigurationException {
    return new ConfigurationFile(file.toAbsolutePath()).read();
  }

  private Configuration read() throws ConfigurationException {
    var configuration =
        TextFile.read(file, fault -> faults.add("", fault))
            .flatMap(text -> YamlText.parse(text, faults))
            .flatMap(this::document);
    if (faults.count() > 0) {
      throw new ConfigurationException(file, faults.lines());
    }
    return configuration.orElseThrow();
  }

  private Optional<Configuration> document(Tree tree) {
    if (tree instanceof Tree.Nothing) {
      faults.add("", "the file is empty: node and members are missing");
      return Optional.empty();
    }
    return Section.of("", tree, faults).flatMap(this::configuration);
  }

  private Optional<Configuration> configuration(Section root) {
    root.require("node");
    root.require("members");
    var node = root.section("node").flatMap(this::node);
    var primary = root.section("primary").flatMap(this::primary);
    var maxAge =
        root.string("maxAge", ConfigurationFile::ageFault)
            .map(Durations::parse)
            .orElse(Configuration.DEFAULT_MAX_AGE);
    var members = root.list("members", this::member);
    root.refuseUnknown();
    return faults.count() > 0
        ? Optional.empty()
        : Optional.of(
            new Configuration(
                node.orElseThrow(),
                primary.orElse(ClusterAccess.standard()),
                maxAge,
                members.orElseThrow()));
  }

  private static Optional<String> ageFault(String text) {
    return Durations.fault(text)
        .or(() -> Configuration.ageFault(Durations.parse(text)).map(f -> quote(text) + " " + f));
  }

  private Optional<NodeSettings> node(Section section) {
    var before = faults.count();
    section.require("name");
    var name = section.string("name", Syntax::nodeName);
    var labels = section.labels("labels");
    var taintPlaces = new HashMap<String, String>();
    var taints = section.list("taints", taint -> taint(taint, taintPlaces));
    var internalIp = section.string("internalIp", Syntax::ip);
    section.refuseUnknown();
    return faults.count() > before
        ? Optional.empty()
        : Optional.of(
            new NodeSettings(
                name.orElseThrow(),
                labels,
                taints.orElse(NodeSettings.DEFAULT_TAINTS),
                internalIp));
  }

  private Optional<Taint> taint(Section section, Map<String, String> places) {
    var before = faults.count();
    section.require("key");
    section.require("effect");
    var key = section.string("key", Syntax::labelKey);
    var value = section.string("value", Syntax::labelValue);
    var effect = section.string("effect", ConfigurationFile::effectFault);
    section.refuseUnknown();
    if (faults.count() > before) {
      return Optional.empty();
    }
    var taint = new Taint(effect.orElseThrow(), key.orElseThrow(), null, value.orElse(null));
    var other = places.putIfAbsent(taint.getKey() + ":" + taint.getEffect(), section.path());
    if (other != null) {
      faults.add(section.path(), "same key and effect as " + other);
    }
    return Optional.of(taint);
  }

  private Optional<ClusterAccess> primary(Section section) {
    var before = faults.count();
    var access = access(section);
    section.refuseUnknown();
    return faults.count() > before ? Optional.empty() : Optional.of(access.clusterAccess());
  }

  private Optional<MemberSettings> member(Section section) {
    var before = faults.count();
    section.require("name");
    var name = section.string("name", Syntax::dnsLabel);
    var access = access(section);
    var namespace = section.string("namespace", Syntax::dnsLabel);
    var nodeSelector = section.labels("nodeSelector");
    var tolerations = section.list("tolerations", this::toleration);
    var headroom = headroom(section);
    section.refuseUnknown();
    name.ifPresent(value -> refuseSecondName(section, value));
    access.server().ifPresent(server -> refuseSecondTarget(section, server, namespace));
    return faults.count() > before
        ? Optional.empty()
        : Optional.of(
            new MemberSettings(
                name.orElseThrow(),
                access.clusterAccess(),
                namespace,
                nodeSelector,
                tolerations.orElse(List.of()),
                headroom));
  }

  private void refuseSecondName(Section section, String name) {
    var other = memberNames.putIfAbsent(name, section.path());
    if (other != null) {
      faults.add(section.path("name"), quote(name) + " is already the name of " + other);
    }
  }

  private void refuseSecondTarget(Section section, String server, Optional<String> namespace) {
    var target = server + ", " + namespace.map(n -> "namespace " + n).orElse("all namespaces");
    var other = memberTargets.putIfAbsent(target, section.path());
    if (other != null) {
      faults.add(section.path(), "same cluster and namespace as " + other + " (" + target + ")");
    }
  }

  private Optional<Toleration> toleration(Section section) {
    var before = faults.count();
    var key = section.string("key", Syntax::labelKey);
    var operator =
        section.string(
            "operator",
            value ->
                OPERATORS.contains(value)
                    ? Optional.empty()
                    : Optional.of(oneOf(value, OPERATORS)));
    var value = section.string("value", Syntax::labelValue);
    var effect = section.string("effect", ConfigurationFile::effectFault);
    section.refuseUnknown();
    if (faults.count() > before) {
      return Optional.empty();
    }
    var toleration =
        new TolerationBuilder()
            .withKey(key.orElse(null))
            .withOperator(operator.orElse("Equal"))
            .withValue(value.orElse(null))
            .withEffect(effect.orElse(null))
            .build();
    faults.none(section.path(), Syntax.toleration(toleration));
    return Optional.of(toleration);
  }

  private static Optional<String> effectFault(String effect) {
    return TAINT_EFFECTS.contains(effect)
        ? Optional.empty()
        : Optional.of(oneOf(effect, TAINT_EFFECTS));
  }

  private Map<String, Quantity> headroom(Section member) {
    var headroom = new LinkedHashMap<String, Quantity>();
    member
        .section("headroom")
        .ifPresent(
            section -> {
              for (var resource : section.keys()) {
                var at = section.path(resource);
                var nameFits = faults.none(at, Syntax.labelKey(resource));
                var amount = section.quantity(resource).map(Quantity::parse);
                if (nameFits
                    && amount.isPresent()
                    && faults.none(at, Syntax.headroom(amount.get()))) {
                  headroom.put(resource, amount.get());
                }
              }
            });
    return headroom;
  }

  /** How a cluster is reached, and its API server where that is known and right. */
  private record Access(ClusterAccess clusterAccess, Optional<String> server) {}

  private Access access(Section section) {
    var kubeconfig = section.string("kubeconfig", ConfigurationFile::pathFault).map(this::resolve);
    var context =
        section.string(
            "context", value -> value.isEmpty() ? Optional.of("is empty") : Optional.empty());
    if (kubeconfig.isEmpty()) {
      if (section.has("context") && !section.has("kubeconfig")) {
        faults.add(section.path("context"), "needs a kubeconfig beside it");
      }
      var standard =
          section.has("kubeconfig") ? Optional.<String>empty() : Optional.of("standard access");
      return new Access(ClusterAccess.standard(), standard);
    }
    var server =
        Kubeconfig.read(kubeconfig.get(), section.path("kubeconfig"), faults)
            .flatMap(content -> content.server(context, section.path("context"), faults));
    return new Access(new ClusterAccess(kubeconfig, context), server);
  }

  private Path resolve(String path) {
    return Objects.requireNonNull(file.getParent()).resolve(path).normalize();
  }

  private static Optional<String> pathFault(String value) {
    try {
      return value.isEmpty() || Path.of(value).toString().isEmpty()
          ? Optional.of("is empty")
          : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.of("not a path: " + e.getMessage());
    }
  }
}
