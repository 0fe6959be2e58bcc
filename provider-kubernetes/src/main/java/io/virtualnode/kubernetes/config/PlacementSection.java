package io.virtualnode.kubernetes.config;

import io.virtualnode.kubernetes.config.PlacementSettings.Unfit;
import io.virtualnode.kubernetes.placement.Strategy;
import java.util.Map;
import java.util.TreeMap;

/** Reads the part of a configuration that says how pods are placed. */
final class PlacementSection {

  private static final Map<String, Strategy> STRATEGIES =
      new TreeMap<>(
          Map.of("pack", Strategy.PACK, "spread", Strategy.SPREAD, "weighted", Strategy.WEIGHTED));
  private static final Map<String, Unfit> UNFIT =
      new TreeMap<>(Map.of("hold", Unfit.HOLD, "reject", Unfit.REJECT));

  private PlacementSection() {}

  /** The settings; what is faulty is noted and has its default. */
  static PlacementSettings read(Section section) {
    var defaults = PlacementSettings.DEFAULT;
    var strategy = section.oneOf("strategy", STRATEGIES).orElse(defaults.strategy());
    var unfit = section.oneOf("unfit", UNFIT).orElse(defaults.unfit());
    var failAfter = section.durationOrNever("failAfter", defaults.failAfter());
    var takeBackAfter =
        section
            .duration("takeBackAfter", PlacementSettings::positive)
            .orElse(defaults.takeBackAfter());
    var collect = section.section("collect");
    var after =
        collect
            .map(inner -> inner.durationOrNever("after", defaults.collectAfter()))
            .orElse(defaults.collectAfter());
    var slots = collect.flatMap(inner -> inner.integer("slots", 1)).orElse(defaults.slotsAtOnce());
    var cores = collect.flatMap(inner -> inner.integer("cores", 1)).orElse(defaults.wideCores());
    collect.ifPresent(Section::refuseUnknown);
    section.refuseUnknown();
    return new PlacementSettings(strategy, unfit, failAfter, takeBackAfter, after, slots, cores);
  }
}
