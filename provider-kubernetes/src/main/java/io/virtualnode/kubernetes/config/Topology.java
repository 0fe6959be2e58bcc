package io.virtualnode.kubernetes.config;

/** How many virtual nodes the primary sees, and what each stands for. */
public enum Topology {
  /** One for all members. */
  AGGREGATE,
  /** One for each member. */
  PER_MEMBER,
  /** One for each member node: the primary's scheduler sees exact shapes. */
  PER_NODE
}
