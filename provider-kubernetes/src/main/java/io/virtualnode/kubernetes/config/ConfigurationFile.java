package io.virtualnode.kubernetes.config;

import java.nio.file.Path;
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
    var node = root.section("node").flatMap(section -> NodeSection.read(section, faults));
    var primary = root.section("primary").map(this::primary);
    var maxAge =
        root.duration("maxAge", Configuration::ageFault).orElse(Configuration.DEFAULT_MAX_AGE);
    var placement =
        root.section("placement").map(PlacementSection::read).orElse(PlacementSettings.DEFAULT);
    var lost = root.section("faults").map(FaultSection::read).orElse(FaultSettings.DEFAULT);
    var replicas =
        root.section("election").flatMap(section -> ReplicaSection.read(section, faults));
    var members = root.list("members", new MemberSections(directory(), faults)::read);
    root.refuseUnknown();
    return faults.count() > 0
        ? Optional.empty()
        : Optional.of(
            new Configuration(
                node.orElseThrow(),
                primary.orElse(ClusterAccess.standard()),
                maxAge,
                placement,
                lost,
                replicas,
                members.orElseThrow()));
  }

  private ClusterAccess primary(Section section) {
    var access = AccessSection.read(section, directory(), faults).access();
    section.refuseUnknown();
    return access;
  }

  private Path directory() {
    return Objects.requireNonNull(file.getParent(), "a file has a directory");
  }
}
