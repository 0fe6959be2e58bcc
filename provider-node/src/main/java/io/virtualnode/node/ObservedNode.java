package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The newest known copy of the Node, out of what the watch shows, our writes return and single
 * reads find, in whatever order that arrives; and whether it is ours.
 *
 * <p>Ours is a Node object by its UID: one that was created here, or that once carried the label
 * {@link NodeObject#MANAGED_LABEL}. If somebody strips the label, it stays ours.
 */
final class ObservedNode {

  private static final String MARKS = "virtualnode.io/";

  // guarded by this
  private @Nullable Node newest;
  private @Nullable Node former; // which was deleted
  private @Nullable String version; // the latest that was seen, of whichever Node of the name
  private @Nullable String own; // UID

  private final Object telling = new Object();
  private String told = ""; // the version; guarded by telling
  private Consumer<Node> observer = node -> {}; // guarded by telling

  /** Tells the observer of the newest copy from now on, one at a time. */
  void tell(Consumer<Node> newest) {
    synchronized (telling) {
      observer = newest;
    }
  }

  /** Whether there was something new in it. */
  boolean seen(Node node) {
    boolean news = note(node);
    if (news) {
      synchronized (telling) {
        Node now = newest(); // a newer one may have come in between
        if (now != null && !now.getMetadata().getResourceVersion().equals(told)) {
          told = now.getMetadata().getResourceVersion();
          observer.accept(now);
        }
      }
    }
    return news;
  }

  private synchronized boolean note(Node node) {
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
    former = stood;
    return true;
  }

  /**
   * The annotations of this software's by which others have marked the Node that stood before; they
   * are to be on the one that takes its place.
   */
  synchronized Map<String, String> formerMarks() {
    Node before = former;
    Map<String, String> annotations = before == null ? null : before.getMetadata().getAnnotations();
    return annotations == null
        ? Map.of()
        : annotations.entrySet().stream()
            .filter(annotation -> annotation.getKey().startsWith(MARKS))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  synchronized @Nullable Node newest() {
    return newest;
  }

  /** It was created here. */
  void created(Node node) {
    synchronized (this) {
      own = node.getMetadata().getUid();
    }
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
