package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An amount of what every node has, in a tester's own arithmetic: it shares nothing with what is
 * tested. Of anything else the pods of these tests ask nothing.
 *
 * @param cpu in thousandths of a core
 * @param memory in bytes
 * @param disk ephemeral storage, in bytes
 * @param pods in pieces
 */
record Space(long cpu, long memory, long disk, long pods) {

  static final Space NONE = new Space(0, 0, 0, 0);
  static final List<String> NAMES = List.of("cpu", "memory", "ephemeral-storage", "pods");

  private static final Space ONE_POD = new Space(0, 0, 0, 1);
  private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);

  /** What a resource list of the API says, each amount rounded up. */
  static Space of(Map<String, Quantity> quantities) {
    return of(name -> exact(quantities, name));
  }

  private static Space of(Function<String, BigDecimal> exact) {
    return new Space(
        rounded(exact.apply("cpu").multiply(THOUSAND)),
        rounded(exact.apply("memory")),
        rounded(exact.apply("ephemeral-storage")),
        rounded(exact.apply("pods")));
  }

  private static long rounded(BigDecimal amount) {
    return amount.setScale(0, RoundingMode.CEILING).longValueExact();
  }

  private static BigDecimal exact(@Nullable Map<String, Quantity> quantities, String name) {
    var quantity = quantities == null ? null : quantities.get(name);
    return quantity == null ? BigDecimal.ZERO : quantity.getNumericalAmount();
  }

  /**
   * What a pod takes of its node, by its spec: all its containers and sidecars at once, or what the
   * greatest init container needs beside the sidecars before it, rounded up once. In-place resizes,
   * overhead and requests of the pod as a whole are not looked at: these tests have none.
   */
  static Space requestOf(Pod pod) {
    return of(name -> exact(pod.getSpec(), name)).plus(ONE_POD);
  }

  private static BigDecimal exact(PodSpec spec, String name) {
    var running = BigDecimal.ZERO;
    for (var container : spec.getContainers()) {
      running = running.add(exact(container, name));
    }
    var sidecars = BigDecimal.ZERO;
    var initializing = BigDecimal.ZERO;
    for (var container : spec.getInitContainers()) {
      if ("Always".equals(container.getRestartPolicy())) {
        sidecars = sidecars.add(exact(container, name));
      } else {
        initializing = initializing.max(sidecars.add(exact(container, name)));
      }
    }
    return running.add(sidecars).max(initializing);
  }

  private static BigDecimal exact(Container container, String name) {
    var resources = container.getResources();
    return resources == null ? BigDecimal.ZERO : exact(resources.getRequests(), name);
  }

  Space plus(Space other) {
    return combine(other, Math::addExact);
  }

  Space minus(Space other) {
    return combine(other, Math::subtractExact);
  }

  Space max(Space other) {
    return combine(other, Math::max);
  }

  Space min(Space other) {
    return combine(other, Math::min);
  }

  private Space combine(Space other, LongBinaryOperator operator) {
    return new Space(
        operator.applyAsLong(cpu, other.cpu),
        operator.applyAsLong(memory, other.memory),
        operator.applyAsLong(disk, other.disk),
        operator.applyAsLong(pods, other.pods));
  }

  boolean fitsIn(Space room) {
    return cpu <= room.cpu && memory <= room.memory && disk <= room.disk && pods <= room.pods;
  }

  /** The amount of one resource, by its place in {@link #NAMES}. */
  long get(int resource) {
    return switch (resource) {
      case 0 -> cpu;
      case 1 -> memory;
      case 2 -> disk;
      default -> pods;
    };
  }

  @Override
  public String toString() {
    return "cpu=%dm memory=%d ephemeral-storage=%d pods=%d".formatted(cpu, memory, disk, pods);
  }
}
