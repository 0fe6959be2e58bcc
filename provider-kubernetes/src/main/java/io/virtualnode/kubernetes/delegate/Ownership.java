package io.virtualnode.kubernetes.delegate;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.api.PodKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * The marks by which a virtual node knows its delegates.
 *
 * <p>A delegate is ours only if all three labels agree: the primary cluster, the virtual node, and
 * the proxy's UID. Nothing else in a member is ever changed or deleted.
 *
 * @param primaryUid what identifies the primary cluster
 * @param nodeName the virtual node's name
 */
public record Ownership(String primaryUid, String nodeName) {

  /** Label: the primary cluster's UID. */
  public static final String PRIMARY = "virtualnode.io/primary";

  /** Label: the virtual node's name, or a hash of it where it is too long for a label. */
  public static final String NODE = "virtualnode.io/node";

  /** Label: the UID of the proxy whose work the delegate runs. */
  public static final String PROXY_UID = "virtualnode.io/proxy-uid";

  /** Annotation: {@code namespace/name} of the proxy, for people and for the way back. */
  public static final String PROXY = "virtualnode.io/proxy";

  /**
   * Label of a pod that an earlier version put under the name of a delegate that it had taken back,
   * to show that; it never runs.
   */
  public static final String TOMBSTONE = "virtualnode.io/tombstone";

  private static final int LONGEST_LABEL = 63;

  /** Checks that nothing is missing. */
  public Ownership {
    requireNonNull(primaryUid, "primaryUid is null");
    requireNonNull(nodeName, "nodeName is null");
  }

  /** The labels that make a delegate ours. */
  public Map<String, String> labels(PodKey proxy) {
    return Map.of(PRIMARY, primaryUid, NODE, nodeLabel(), PROXY_UID, proxy.uid());
  }

  /** The annotations that tell where a delegate comes from. */
  public Map<String, String> annotations(PodKey proxy) {
    return Map.of(PROXY, proxy.namespace() + "/" + proxy.name());
  }

  /**
   * The proxy whose delegate this is; empty if the pod is not ours, or a tombstone: a delegate
   * {@linkplain TakeBackMark that was taken back}, or what an earlier version put in its place.
   */
  public Optional<PodKey> proxyOf(Pod pod) {
    return ownerOf(pod).filter(proxy -> !isTombstone(pod));
  }

  /**
   * The proxy whose tombstone this is; empty if the pod is not ours, or a delegate that may run.
   */
  public Optional<PodKey> proxyOfTombstone(Pod pod) {
    return ownerOf(pod).filter(proxy -> isTombstone(pod));
  }

  private static boolean isTombstone(Pod pod) {
    return pod.getMetadata().getLabels().containsKey(TOMBSTONE) || TakeBackMark.isProof(pod);
  }

  private Optional<PodKey> ownerOf(Pod pod) {
    var labels = pod.getMetadata().getLabels();
    var annotations = pod.getMetadata().getAnnotations();
    if (labels == null
        || annotations == null
        || !primaryUid.equals(labels.get(PRIMARY))
        || !nodeLabel().equals(labels.get(NODE))
        || labels.get(PROXY_UID) == null
        || annotations.get(PROXY) == null) {
      return Optional.empty();
    }
    var path = annotations.get(PROXY).split("/", 2);
    return path.length == 2
        ? Optional.of(new PodKey(path[0], path[1], labels.get(PROXY_UID)))
        : Optional.empty();
  }

  private String nodeLabel() {
    return nodeName.length() <= LONGEST_LABEL ? nodeName : hash(nodeName);
  }

  /** Ten hexadecimal digits of the text's SHA-256: for names that are too long. */
  public static String hash(String text) {
    try {
      var digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 5);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
