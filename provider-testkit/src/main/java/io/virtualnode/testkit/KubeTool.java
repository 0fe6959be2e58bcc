package io.virtualnode.testkit;

/** A program that a {@link LocalCluster} consists of, and where it comes from. */
public enum KubeTool {
  /** The store behind the API server. */
  ETCD("etcd", "control-plane", "go.etcd.io/etcd/server/v3"),
  /** The API server. */
  KUBE_APISERVER("kube-apiserver", "control-plane", "k8s.io/kubernetes/cmd/kube-apiserver"),
  /** The controllers: jobs, node lifecycle, garbage collection and so on. */
  KUBE_CONTROLLER_MANAGER(
      "kube-controller-manager", "control-plane", "k8s.io/kubernetes/cmd/kube-controller-manager"),
  /** The scheduler. */
  KUBE_SCHEDULER("kube-scheduler", "control-plane", "k8s.io/kubernetes/cmd/kube-scheduler"),
  /** The simulator of nodes and of what runs on them. */
  KWOK("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok");

  private final String binary;
  private final String module;
  private final String goPackage;

  KubeTool(String binary, String module, String goPackage) {
    this.binary = binary;
    this.module = module;
    this.goPackage = goPackage;
  }

  /** The file's name. */
  public String binary() {
    return binary;
  }

  /** The folder of pinned Go dependencies that it is built from. */
  String module() {
    return module;
  }

  /** The Go package of its main function. */
  String goPackage() {
    return goPackage;
  }
}
