package io.virtualnode.kubernetes.config;

import io.fabric8.kubernetes.api.model.Taint;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Reads the part of a configuration that says what the primary sees. */
final class NodeSection {

  private static final Map<String, Topology> TOPOLOGIES =
      new TreeMap<>(
          Map.of(
              "aggregate",
              Topology.AGGREGATE,
              "per-member",
              Topology.PER_MEMBER,
              "per-node",
              Topology.PER_NODE));

  private final Faults faults;
  private final Map<String, String> taintPlaces = new HashMap<>();

  private NodeSection(Faults faults) {
    this.faults = faults;
  }

  /** The settings, if nothing is wrong with them. */
  static Optional<NodeSettings> read(Section section, Faults faults) {
    return new NodeSection(faults).node(section);
  }

  private Optional<NodeSettings> node(Section section) {
    var before = faults.count();
    section.require("name");
    var name = section.string("name", Syntax::nodeName);
    var labels = section.labels("labels");
    var taints = section.list("taints", this::taint);
    var topology = section.oneOf("topology", TOPOLOGIES);
    var inherited = section.section("inheritLabels").flatMap(this::inheritedLabels);
    var internalIp = section.string("internalIp", Syntax::ip);
    section.refuseUnknown();
    return faults.count() > before
        ? Optional.empty()
        : Optional.of(
            new NodeSettings(
                name.orElseThrow(),
                labels,
                taints.orElse(NodeSettings.DEFAULT_TAINTS),
                topology.orElse(Topology.AGGREGATE),
                inherited.orElse(InheritedLabels.DEFAULT),
                internalIp));
  }

  private Optional<InheritedLabels> inheritedLabels(Section section) {
    var before = faults.count();
    var exclude = section.strings("exclude", Syntax::labelKey);
    var union = section.strings("union", key -> unionFault(key, exclude));
    section.refuseUnknown();
    return faults.count() > before
        ? Optional.empty()
        : Optional.of(new InheritedLabels(exclude, union));
  }

  private static Optional<String> unionFault(String key, Set<String> exclude) {
    return Syntax.labelKey(key)
        .or(
            () ->
                exclude.contains(key)
                    ? Optional.of(Syntax.quote(key) + " is excluded, too")
                    : Optional.empty());
  }

  private Optional<Taint> taint(Section section) {
    var before = faults.count();
    section.require("key");
    section.require("effect");
    var key = section.string("key", Syntax::labelKey);
    var value = section.string("value", Syntax::labelValue);
    var effect = section.string("effect", Syntax::taintEffect);
    section.refuseUnknown();
    if (faults.count() > before) {
      return Optional.empty();
    }
    var taint = new Taint(effect.orElseThrow(), key.orElseThrow(), null, value.orElse(null));
    var other = taintPlaces.putIfAbsent(taint.getKey() + ":" + taint.getEffect(), section.path());
    if (other != null) {
      faults.add(section.path(), "same key and effect as " + other);
    }
    return Optional.of(taint);
  }
}
