package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.Node;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What this package asks of the primary about Nodes. Errors as {@link PrimaryApi} has them. */
interface NodeApi {

  /** Reads the Node, past every cache. */
  CompletionStage<Optional<Node>> node(String name);

  CompletionStage<Node> createNode(Node node);

  /** Deletes the Node of that UID only. */
  CompletionStage<Void> deleteNode(String name, String uid);

  /** A JSON merge patch of all but the status. */
  CompletionStage<Node> patchNode(String name, Object patch);

  /** A strategic merge patch: lists such as the conditions are merged by their keys. */
  CompletionStage<Node> patchNodeStatus(String name, Object patch);
}
