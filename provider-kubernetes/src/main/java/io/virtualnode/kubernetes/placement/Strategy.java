package io.virtualnode.kubernetes.placement;

/** Which of the nodes that have room for a pod is preferred. */
public enum Strategy {

  /** The node with the least spare cpu (best fit), so that whole slots stay free for wide pods. */
  PACK,

  /** The node with the largest free share of its cpu and memory. */
  SPREAD,

  /** The members of the greatest weight first, within them as {@link #PACK}. */
  WEIGHTED
}
