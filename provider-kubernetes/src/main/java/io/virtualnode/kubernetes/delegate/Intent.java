package io.virtualnode.kubernetes.delegate;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.virtualnode.api.PodKey;
import java.util.HashMap;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The decision which pod of which member is the proxy's delegate, stored on the proxy before that
 * pod is started.
 *
 * <p>Stored as a status condition: users cannot write one, and creating a pod resets it. It is
 * written on condition of the proxy's resourceVersion, so of several who decide one prevails. Only
 * the pod of the UID that it names is ever started.
 *
 * @param member the member's name
 * @param clusterUid what identifies the member's cluster (UID of its kube-system namespace), so
 *     that another cluster under the same name is noticed
 * @param attempt 0 for the first member chosen; part of the delegate's name
 * @param node the member node that was chosen; {@link #ANY_NODE} where the member's nodes are not
 *     seen
 * @param delegateUid the UID of the delegate; empty while it is not created, and in what version 1
 *     stored, which created the delegate afterwards and started
 */
public record Intent(
    String member, String clusterUid, int attempt, String node, Optional<String> delegateUid) {

  /** The condition's type. */
  public static final String CONDITION = "virtualnode.io/Delegate";

  /** In place of a node's name: the member's own scheduler finds one. No node has this name. */
  public static final String ANY_NODE = "*";

  private static final String NAMELESS = "v1";
  private static final String VERSION = "v2";
  private static final int LONGEST_NAME_PART = 52;

  /** An intent whose delegate is not created yet. */
  public Intent(String member, String clusterUid, int attempt, String node) {
    this(member, clusterUid, attempt, node, Optional.empty());
  }

  /** The intent that follows this one, in another place. */
  public Intent next(String member, String clusterUid, String node) {
    return new Intent(member, clusterUid, attempt + 1, node);
  }

  /** This intent, its member being called otherwise now. */
  public Intent in(String name) {
    return new Intent(name, clusterUid, attempt, node, delegateUid);
  }

  /** Whether a delegate's name is that of this attempt of the proxy's, or of an earlier one. */
  public boolean isOfOrAfter(String delegateName, PodKey proxy) {
    return IntStream.rangeClosed(0, attempt)
        .anyMatch(earlier -> delegateName(proxy, earlier).equals(delegateName));
  }

  /** This intent, once its delegate is created. */
  public Intent naming(String uid) {
    return new Intent(member, clusterUid, attempt, node, Optional.of(uid));
  }

  /** The condition that stores this. */
  public PodCondition toCondition() {
    return new PodConditionBuilder()
        .withType(CONDITION)
        .withStatus("True")
        .withReason("Assigned")
        .withMessage(
            "%s member=%s node=%s cluster=%s attempt=%d%s"
                .formatted(
                    delegateUid.isPresent() ? VERSION : NAMELESS,
                    member,
                    node,
                    clusterUid,
                    attempt,
                    delegateUid.map(uid -> " delegate=" + uid).orElse("")))
        .build();
  }

  /**
   * What is stored on a proxy; empty if nothing is.
   *
   * @throws IllegalArgumentException if something is stored that this version cannot read
   */
  public static Optional<Intent> of(Pod proxy) {
    if (proxy.getStatus() == null || proxy.getStatus().getConditions() == null) {
      return Optional.empty();
    }
    return proxy.getStatus().getConditions().stream()
        .filter(condition -> CONDITION.equals(condition.getType()))
        .findFirst()
        .map(condition -> parse(PodKey.of(proxy), String.valueOf(condition.getMessage())));
  }

  /** Whether a proxy has the condition, readable or not. */
  public static boolean isStoredOn(Pod proxy) {
    return proxy.getStatus() != null
        && proxy.getStatus().getConditions() != null
        && proxy.getStatus().getConditions().stream().anyMatch(c -> CONDITION.equals(c.getType()));
  }

  private static Intent parse(PodKey proxy, String message) {
    var words = message.split(" ", -1);
    var values = new HashMap<String, String>();
    for (var word : words) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    var member = values.get("member");
    var cluster = values.get("cluster");
    var node = values.get("node");
    var attempt = values.getOrDefault("attempt", "");
    var delegate = Optional.ofNullable(values.get("delegate"));
    if (!words[0].equals(delegate.isPresent() ? VERSION : NAMELESS)
        || member == null
        || cluster == null
        || node == null
        || !attempt.matches("[0-9]{1,9}")) {
      throw new IllegalArgumentException(
          "condition %s of pod %s cannot be read: '%s'; another version wrote it"
              .formatted(CONDITION, proxy, message));
    }
    return new Intent(member, cluster, Integer.parseInt(attempt), node, delegate);
  }

  /**
   * The delegate's name: the same for the same proxy and attempt, different for any other proxy, at
   * most 63 characters.
   */
  public String delegateName(PodKey proxy) {
    return delegateName(proxy, attempt);
  }

  private static String delegateName(PodKey proxy, int attempt) {
    var name = proxy.name();
    var readable =
        name.length() <= LONGEST_NAME_PART
            ? name
            : name.substring(0, LONGEST_NAME_PART).replaceAll("[-.]+$", "");
    return readable + "-" + Ownership.hash(proxy.uid() + "/" + attempt);
  }
}
