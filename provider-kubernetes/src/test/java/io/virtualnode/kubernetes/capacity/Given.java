package io.virtualnode.kubernetes.capacity;

import io.fabric8.kubernetes.api.model.Quantity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Builds facts for tests; cpu in whole cores, everything else in its base unit. */
public final class Given {

  private Given() {}

  /** So many cores. */
  public static Resources cores(long cores) {
    return Resources.of(Map.of("cpu", cores * 1000));
  }

  /** Quantities by name: {@code resources("cpu", "500m", "memory", "1Gi")}. */
  public static Resources resources(String... namesAndQuantities) {
    return Resources.ofQuantities(quantities(namesAndQuantities));
  }

  /** Quantities by name, as the API has them. */
  public static Map<String, Quantity> quantities(String... namesAndQuantities) {
    var result = new TreeMap<String, Quantity>();
    for (int i = 0; i < namesAndQuantities.length; i += 2) {
      result.put(namesAndQuantities[i], new Quantity(namesAndQuantities[i + 1]));
    }
    return result;
  }

  /** A usable node, named {@code member/node}. */
  public static NodeGiven node(String key) {
    return new NodeGiven(key(key));
  }

  /** The key {@code member/node}. */
  public static NodeKey key(String key) {
    var parts = key.split("/", 2);
    return new NodeKey(parts[0], parts[1]);
  }

  /** An unbound pod of somebody else. */
  public static PodGiven pod(String uid) {
    return new PodGiven(uid);
  }

  /** A node in the making. */
  public static final class NodeGiven {
    private final NodeKey key;
    private final Map<String, Long> allocatable = new HashMap<>();
    private final Map<String, String> labels = new HashMap<>();
    private boolean admitted = true;
    private String obstacle = "";

    private NodeGiven(NodeKey key) {
      this.key = key;
    }

    public NodeGiven cpu(long cores) {
      return with("cpu", cores * 1000);
    }

    public NodeGiven with(String resource, long amount) {
      allocatable.put(resource, amount);
      return this;
    }

    public NodeGiven with(Resources resources) {
      resources.names().forEach(name -> allocatable.put(name, resources.get(name)));
      return this;
    }

    public NodeGiven label(String key, String value) {
      labels.put(key, value);
      return this;
    }

    public NodeGiven cordoned() {
      return hindered("node(s) were unschedulable");
    }

    public NodeGiven hindered(String obstacle) {
      this.obstacle = obstacle;
      return this;
    }

    public NodeGiven shutOut() {
      admitted = false;
      return hindered("node(s) had untolerated taint {control-plane: }");
    }

    public MemberNode build() {
      return new MemberNode(
          key, Resources.of(allocatable), admitted, obstacle, Map.copyOf(labels), List.of());
    }
  }

  /** A pod in the making. */
  public static final class PodGiven {
    private final String uid;
    private Optional<String> node = Optional.empty();
    private Resources request = Resources.NONE;
    private Optional<String> proxyUid = Optional.empty();
    private boolean underQuota;

    private PodGiven(String uid) {
      this.uid = uid;
    }

    public PodGiven on(String node) {
      this.node = Optional.of(node);
      return this;
    }

    public PodGiven cpu(long cores) {
      return requesting(cores(cores));
    }

    public PodGiven requesting(Resources request) {
      this.request = request;
      return this;
    }

    public PodGiven delegateOf(String proxyUid) {
      this.proxyUid = Optional.of(proxyUid);
      return this;
    }

    public PodGiven underQuota() {
      underQuota = true;
      return this;
    }

    public MemberPod build() {
      return new MemberPod(uid, node, request, proxyUid, underQuota);
    }
  }
}
