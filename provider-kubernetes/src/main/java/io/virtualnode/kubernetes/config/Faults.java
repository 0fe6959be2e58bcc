package io.virtualnode.kubernetes.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Collects what is wrong, so that a reader can go on. Not thread-safe. */
final class Faults {

  private final List<String> lines = new ArrayList<>();

  void add(String path, String message) {
    lines.add(path.isEmpty() ? message : path + ": " + message);
  }

  /** Adds the fault, if there is one, and says whether there was none. */
  boolean none(String path, Optional<String> fault) {
    fault.ifPresent(message -> add(path, message));
    return fault.isEmpty();
  }

  int count() {
    return lines.size();
  }

  List<String> lines() {
    return List.copyOf(lines);
  }
}
