package io.virtualnode.kubernetes.placement;

/** Which of several nodes with room for a pod is taken. */
public enum Strategy {

  /** The one with the least spare cpu (best fit), so that whole slots stay free for wide pods. */
  PACK,

  /** The one with the largest free share of its cpu and memory. */
  SPREAD,

  /** One of the member with the greatest weight; there, as {@link #PACK}. */
  WEIGHTED
}
