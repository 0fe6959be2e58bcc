package io.virtualnode.kubernetes.placement;

import io.virtualnode.kubernetes.capacity.NodeKey;
import java.util.Optional;

/** What placement decided for one proxy. */
public sealed interface Decision {

  /** The delegate goes to this node, which has room for it now. */
  record Placed(NodeKey node) implements Decision {}

  /**
   * No node has room now.
   *
   * @param held the node on which its request is held; empty while no node in use could take it
   * @param message why, in the scheduler's words
   */
  record Waits(Optional<NodeKey> held, String message) implements Decision {}

  /**
   * No node would have room even if it were empty.
   *
   * @param message why, in the scheduler's words
   */
  record NeverFits(String message) implements Decision {}
}
