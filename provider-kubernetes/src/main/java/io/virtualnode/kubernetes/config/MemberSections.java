package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.OPERATORS;
import static io.virtualnode.kubernetes.config.Syntax.oneOf;
import static io.virtualnode.kubernetes.config.Syntax.quote;

import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads the parts of a configuration that describe members, and tells two that are the same. */
final class MemberSections {

  private enum Source {
    NODES,
    QUOTA,
    STATIC
  }

  private static final Map<String, Source> SOURCES =
      new TreeMap<>(Map.of("nodes", Source.NODES, "quota", Source.QUOTA, "static", Source.STATIC));

  private final Path directory;
  private final Faults faults;
  private final Map<String, String> names = new HashMap<>();
  private final Map<String, String> targets = new HashMap<>();

  /** A reader of one file. */
  MemberSections(Path directory, Faults faults) {
    this.directory = directory;
    this.faults = faults;
  }

  /** The settings, if nothing is wrong with them. */
  Optional<MemberSettings> read(Section section) {
    var before = faults.count();
    section.require("name");
    var name = section.string("name", Syntax::dnsLabel);
    var access = AccessSection.read(section, directory, faults);
    var namespace = section.string("namespace", Syntax::dnsLabel);
    var nodeSelector = section.labels("nodeSelector");
    var tolerations = section.list("tolerations", this::toleration);
    var headroom = section.amounts("headroom");
    var capacity = section.section("capacity").flatMap(this::capacity);
    var weight = section.integer("weight", 0);
    var drain = section.bool("drain");
    section.refuseUnknown();
    name.ifPresent(value -> refuseSecondName(section, value));
    access.server().ifPresent(server -> refuseSecondTarget(section, server, namespace));
    if (capacity.filter(source -> !source.seesNodes()).isPresent() && !section.has("namespace")) {
      faults.add(
          section.path("capacity"), "without nodes needs a namespace for all delegates beside it");
    }
    return faults.count() > before
        ? Optional.empty()
        : Optional.of(
            new MemberSettings(
                name.orElseThrow(),
                access.access(),
                namespace,
                nodeSelector,
                tolerations.orElse(List.of()),
                headroom,
                capacity.orElse(new CapacitySource.Nodes()),
                weight.orElse(MemberSettings.DEFAULT_WEIGHT),
                drain.orElse(false)));
  }

  private Optional<CapacitySource> capacity(Section section) {
    var before = faults.count();
    section.require("source");
    var source = section.oneOf("source", SOURCES);
    var amounts = section.amounts("amounts");
    section.refuseUnknown();
    if (source.filter(kind -> kind == Source.NODES).isPresent() && section.has("amounts")) {
      faults.add(section.path("amounts"), "does not go with source nodes");
    }
    if (source.filter(kind -> kind == Source.STATIC).isPresent()) {
      section.require("amounts");
    }
    return faults.count() > before
        ? Optional.empty()
        : source.map(
            kind ->
                switch (kind) {
                  case NODES -> new CapacitySource.Nodes();
                  case QUOTA -> new CapacitySource.Quota(amounts);
                  case STATIC -> new CapacitySource.Static(amounts);
                });
  }

  private void refuseSecondName(Section section, String name) {
    var other = names.putIfAbsent(name, section.path());
    if (other != null) {
      faults.add(section.path("name"), quote(name) + " is already the name of " + other);
    }
  }

  private void refuseSecondTarget(Section section, String server, Optional<String> namespace) {
    var target = server + ", " + namespace.map(n -> "namespace " + n).orElse("all namespaces");
    var other = targets.putIfAbsent(target, section.path());
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
    var effect = section.string("effect", Syntax::taintEffect);
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
}
