package io.virtualnode.kubernetes.config;

import io.fabric8.kubernetes.api.model.Taint;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Reads the part of a configuration that says what the primary sees. */
final class NodeSection {

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
