package io.virtualnode.kubernetes.config;

import java.nio.file.Path;
import java.util.List;

/** A configuration file that cannot be used, with everything that is wrong in it. */
public final class ConfigurationException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<String> faults;

  /**
   * The faults of one file.
   *
   * @param faults each as {@code path: message}, in the order of reading; at least one
   */
  public ConfigurationException(Path file, List<String> faults) {
    super(file + ": " + String.join("; ", faults));
    this.faults = List.copyOf(faults);
  }

  /** Each fault as {@code path: message}, in the order of reading. */
  public List<String> faults() {
    return faults;
  }
}
