package io.virtualnode.kubernetes.config;

/** Reads the part of a configuration that says what becomes of pods when something is lost. */
final class FaultSection {

  private FaultSection() {}

  /** The settings; what is faulty is noted and has its default. */
  static FaultSettings read(Section section) {
    var defaults = FaultSettings.DEFAULT;
    var unknownAfter =
        section
            .duration("unknownAfter", PlacementSettings::positive)
            .orElse(defaults.unknownAfter());
    var failAfter = section.durationOrNever("failAfter", defaults.failAfter());
    int orphans = section.integer("orphanPercent", 0, 100).orElse(defaults.orphanPercent());
    section.refuseUnknown();
    return new FaultSettings(unknownAfter, failAfter, orphans);
  }
}
