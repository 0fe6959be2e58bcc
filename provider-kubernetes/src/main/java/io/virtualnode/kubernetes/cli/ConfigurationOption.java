package io.virtualnode.kubernetes.cli;

import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.ConfigurationException;
import io.virtualnode.kubernetes.config.ConfigurationFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The {@code --config} option and what comes of a faulty file. */
final class ConfigurationOption {

  @Option(
      names = {"-c", "--config"},
      required = true,
      paramLabel = "FILE",
      description = "The configuration, in YAML. Relative paths in it are relative to FILE.")
  Path file = Path.of("");

  /** The configuration, or empty after all its faults have been printed. */
  Optional<Configuration> read(PrintWriter err) {
    try {
      return Optional.of(ConfigurationFile.read(file));
    } catch (ConfigurationException e) {
      err.println(file + ": faulty configuration");
      e.faults().forEach(fault -> err.println("  " + fault));
      err.flush();
      return Optional.empty();
    }
  }
}
