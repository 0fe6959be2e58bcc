package io.virtualnode.testkit;

/** The versions that the pinned modules hold; a test compares them with the modules. */
final class KubeVersions {

  static final String KUBERNETES = "v1.37.2";
  static final String ETCD = "v3.7.0";
  static final String KWOK = "v0.8.0";

  private KubeVersions() {}
}
