package io.virtualnode.examples.federation;

import java.time.Duration;
import java.util.List;

/**
 * What is shown of one moment.
 *
 * @param elapsed since the Jobs were submitted
 * @param capacityMillis the virtual node's, in thousandths of a core, as are the others
 * @param boundMillis what the primary's scheduler has given away of it
 * @param unseen Jobs whose pod is not there yet
 * @param failed pods that ended with another exit code than 0
 * @param checks how often the running pods were compared
 * @param agree whether they are the same at this moment
 * @param breaches how often they were not the same for too long
 */
record Snapshot(
    Duration elapsed,
    long capacityMillis,
    long allocatableMillis,
    long boundMillis,
    int unseen,
    int pending,
    int running,
    int succeeded,
    int failed,
    List<MemberRow> members,
    long checks,
    boolean agree,
    int breaches) {

  /** A member's cores and pods. */
  record MemberRow(String name, long usedMillis, long totalMillis, int running) {}

  Snapshot {
    members = List.copyOf(members);
  }

  int runningInMembers() {
    return members.stream().mapToInt(MemberRow::running).sum();
  }
}
