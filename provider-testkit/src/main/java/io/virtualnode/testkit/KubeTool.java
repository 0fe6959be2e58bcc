package io.virtualnode.testkit;

/** The programs a local cluster is made of, with the pinned Go module that each is built from. */
enum KubeTool {
  ETCD("etcd", "control-plane", "go.etcd.io/etcd/server/v3"),
  KUBE_APISERVER("kube-apiserver", "control-plane", "k8s.io/kubernetes/cmd/kube-apiserver"),
  KUBE_CONTROLLER_MANAGER(
      "kube-controller-manager", "control-plane", "k8s.io/kubernetes/cmd/kube-controller-manager"),
  KUBE_SCHEDULER("kube-scheduler", "control-plane", "k8s.io/kubernetes/cmd/kube-scheduler"),
  KWOK("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok");

  private final String fileName;
  private final String module;
  private final String goPackage;

  KubeTool(String fileName, String module, String goPackage) {
    this.fileName = fileName;
    this.module = module;
    this.goPackage = goPackage;
  }

  String fileName() {
    return fileName;
  }

  /** Name of the folder that holds the module's go.mod and go.sum. */
  String module() {
    return module;
  }

  String goPackage() {
    return goPackage;
  }
}
