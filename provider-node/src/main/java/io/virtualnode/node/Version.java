package io.virtualnode.node;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** This build's version, and the Kubernetes version whose kubelet it stands in for. */
final class Version {

  /** The kubelet whose behaviour is followed; at most three minors from any primary's. */
  static final String KUBERNETES = "v1.37.2";

  /** The version of this build. */
  static final String OWN = read();

  private Version() {}

  /** {@code status.nodeInfo.kubeletVersion}: a semantic version, as its readers demand. */
  static String kubelet() {
    return KUBERNETES + "-virtualnode-" + OWN;
  }

  private static String read() {
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      if (in == null) {
        throw new IllegalStateException("version.properties is missing from the jar");
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
