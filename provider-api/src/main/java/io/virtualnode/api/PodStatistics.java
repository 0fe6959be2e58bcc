package io.virtualnode.api;

import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/** An ability: to tell what pods really use. */
public interface PodStatistics {

  /**
   * The newest measurement of every pod that has one; a pod without is left out, never zero.
   *
   * <p>Fails with {@link ProviderException} ({@code UNAVAILABLE}) if nothing can be measured.
   */
  CompletionStage<List<PodUsage>> usage();

  /**
   * What one pod used.
   *
   * @param containers each container's own part
   */
  record PodUsage(PodKey pod, List<ContainerUsage> containers) {

    /** Copies the list. */
    public PodUsage {
      containers = List.copyOf(containers);
    }
  }

  /**
   * What one container used.
   *
   * @param time when it was measured
   * @param cpuNanoCores use at that time in billionths of a core
   * @param cpuNanoSeconds cumulative core time in nanoseconds
   * @param memoryWorkingSetBytes memory that cannot be reclaimed
   */
  record ContainerUsage(
      String container,
      Instant time,
      OptionalLong cpuNanoCores,
      OptionalLong cpuNanoSeconds,
      OptionalLong memoryWorkingSetBytes) {}
}
