package io.virtualnode.benchmarks;

import java.util.List;
import java.util.Optional;

/**
 * Everything that one run of the benchmark has measured.
 *
 * @param idleCpuMillisPerSecond of the virtual node while nothing happens
 * @param kubernetes the API servers' version
 * @param peakKilobytes the virtual node's largest resident set, warm-up included
 */
record Measurements(
    Machine machine,
    String kubernetes,
    String vnode,
    Options options,
    String loadAtStart,
    double idleCpuMillisPerSecond,
    Optional<SteadyRate.Result> steady,
    List<FullSpeed.Result> forwarded,
    List<FullSpeed.Result> direct,
    long peakKilobytes,
    long complaints) {}
