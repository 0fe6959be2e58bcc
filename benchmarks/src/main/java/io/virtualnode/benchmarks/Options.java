package io.virtualnode.benchmarks;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What is to be measured; the defaults are the figures that the project promises. */
final class Options {

  @Option(
      names = "--pods",
      defaultValue = "1000",
      description = "pods of a run at full speed (default: ${DEFAULT-VALUE})")
  int pods;

  @Option(
      names = "--rate",
      defaultValue = "10",
      description = "pods per second of the latency run (default: ${DEFAULT-VALUE})")
  int rate;

  @Option(
      names = "--seconds",
      defaultValue = "60",
      description = "length of the latency run, 0 for none (default: ${DEFAULT-VALUE})")
  int seconds;

  @Option(
      names = "--members",
      defaultValue = "2",
      description = "member clusters (default: ${DEFAULT-VALUE})")
  int members;

  @Option(
      names = "--warmup",
      defaultValue = "1000",
      description = "pods forwarded before anything is measured (default: ${DEFAULT-VALUE})")
  int warmup;

  @Option(
      names = "--repeat",
      defaultValue = "3",
      description = "runs at full speed, forwarded and direct by turns (default: ${DEFAULT-VALUE})")
  int repeat;

  @Option(names = "--json", description = "also write the figures to this file")
  Optional<Path> json = Optional.empty();

  @Option(
      names = "--profile",
      description = "folder for flight recordings of the virtual node; they cost it a little")
  Optional<Path> profile = Optional.empty();

  @Option(names = "--log", description = "where the virtual node's log goes (default: nowhere)")
  Optional<Path> log = Optional.empty();

  @Option(
      names = "--java-opts",
      defaultValue = "",
      description = "JAVA_OPTS of the virtual node (default: the launcher's own)")
  String javaOpts = "";

  @Option(
      names = "--vnode",
      defaultValue = "${sys:vnode.home}",
      description = "folder of the unpacked vnode command")
  Path vnodeHome = Path.of("");

  /** How many pods the latency run submits. */
  int latencyPods() {
    return rate * seconds;
  }

  /** Room for every pod of the largest run at once: what is measured is the way, not a queue. */
  int coresPerMember() {
    return Math.max(Math.max(pods, warmup), latencyPods()) + 10;
  }
}
