package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The newest known copy of the Node, out of what the watch shows, our writes return and single
 * reads find, in whatever order that arrives; and whether it is ours.
 *
 * <p>Ours is a Node object by its UID: one that was created here, or that once carried the label
 * {@link NodeObject#MANAGED_LABEL}. If somebody strips the label, it stays ours.
 */
final class ObservedNode {

  // guarded by this
  private @Nullable Node newest;
  private @Nullable String version; // the latest that was seen, of whichever Node of the name
  private @Nullable String own; // UID

  /** Whether there was something new in it. */
  synchronized boolean seen(Node node) {
    String seen = node.getMetadata().getResourceVersion();
    if (version != null && ResourceVersions.isNewer(version, seen)) {
      return false; // also of a Node that was deleted and created again since
    }
    boolean news = newest == null || !seen.equals(version);
    node.getMetadata().setManagedFields(List.of());
    newest = node; // also the same once more: then one copy is kept, not two
    version = seen;
    return news;
  }

  /** The Node was seen deleted; whether it was the one that stands. */
  synchronized boolean deleted(Node node) {
    String seen = node.getMetadata().getResourceVersion();
    if (version == null || ResourceVersions.isNewer(seen, version)) {
      version = seen;
    }
    return absent(node);
  }

  /** The primary has no Node of the name; whether {@code known} was still the one that stood. */
  synchronized boolean absent(@Nullable Node known) {
    Node stood = newest;
    if (stood == null || known == null || !isSame(stood, known)) {
      return false;
    }
    newest = null;
    return true;
  }

  synchronized @Nullable Node newest() {
    return newest;
  }

  /** It was created here. */
  synchronized void created(Node node) {
    own = node.getMetadata().getUid();
    seen(node);
  }

  /** Whether it is ours to change. */
  synchronized boolean isOurs(Node node) {
    if (NodeObject.isManaged(node)) {
      own = node.getMetadata().getUid();
    }
    return Objects.equals(own, node.getMetadata().getUid());
  }

  static boolean isSame(Node one, Node other) {
    return Objects.equals(one.getMetadata().getUid(), other.getMetadata().getUid());
  }
}
