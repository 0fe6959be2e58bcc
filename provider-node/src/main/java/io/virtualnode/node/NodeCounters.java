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
    long eventsDropped) {}
