package io.virtualnode.node;

/**
 * What a virtual node has done since it was started; every number only grows.
 *
 * @param applies calls of the provider's apply
 * @param applyFailures those that failed
 * @param removes calls of the provider's remove
 * @param statusWrites requests that wrote a pod's status, refused ones included
 * @param statusConflicts those refused because somebody else had changed the pod
 * @param podDeletes requests that took an ended pod out of the primary
 * @param nodeStatusWrites requests that wrote the node's status
 * @param leaseRenewals renewals of the node's lease that succeeded
 * @param eventsWritten Kubernetes events written
 * @param eventsDropped Kubernetes events that were not written, for want of room or an error
 */
public record NodeCounters(
    long applies,
    long applyFailures,
    long removes,
    long statusWrites,
    long statusConflicts,
    long podDeletes,
    long nodeStatusWrites,
    long leaseRenewals,
    long eventsWritten,
    long eventsDropped) {

  /** Of a node that has done nothing. */
  public static final NodeCounters NONE = new NodeCounters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** What two nodes have done together. */
  public NodeCounters plus(NodeCounters other) {
    return new NodeCounters(
        applies + other.applies,
        applyFailures + other.applyFailures,
        removes + other.removes,
        statusWrites + other.statusWrites,
        statusConflicts + other.statusConflicts,
        podDeletes + other.podDeletes,
        nodeStatusWrites + other.nodeStatusWrites,
        leaseRenewals + other.leaseRenewals,
        eventsWritten + other.eventsWritten,
        eventsDropped + other.eventsDropped);
  }
}
