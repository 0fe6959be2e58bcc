package io.virtualnode.kubernetes.cli;

import io.fabric8.kubernetes.client.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;

/** The versions of what runs here. */
final class Versions {

  private Versions() {}

  static String own() {
    try (var resource = Versions.class.getResourceAsStream("version.properties")) {
      var properties = new Properties();
      if (resource != null) {
        properties.load(resource);
      }
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> lines() {
    return List.of(
        "vnode " + own(),
        "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
        "fabric8 kubernetes-client " + Version.clientVersion());
  }
}
