package io.virtualnode.simulation.protocol;

import io.virtualnode.simulation.protocol.Budget.Fault;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Checks the protocol within bounds that the options give. */
@Command(
    name = "protocol",
    mixinStandardHelpOptions = true,
    description =
        "Visits every state of the protocol within bounds; prints the shortest way to what is wrong, if anything is.")
public final class ProtocolCommand implements Callable<Integer> {

  @Option(
      names = "--attempts",
      defaultValue = "2",
      description = "intents of one proxy (default: ${DEFAULT-VALUE})")
  int attempts;

  @Option(
      names = "--crashes",
      defaultValue = "1",
      description = "leaders killed or frozen (default: ${DEFAULT-VALUE})")
  int crashes;

  @Option(
      names = "--losses",
      defaultValue = "1",
      description = "requests or answers lost (default: ${DEFAULT-VALUE})")
  int losses;

  @Option(
      names = "--late",
      defaultValue = "1",
      description = "requests that outlive their sender's patience (default: ${DEFAULT-VALUE})")
  int late;

  @Option(
      names = "--deletions",
      defaultValue = "1",
      description = "of the proxy, by users (default: ${DEFAULT-VALUE})")
  int deletions;

  @Option(
      names = "--meddling",
      defaultValue = "1",
      description = "deletions in members, by others (default: ${DEFAULT-VALUE})")
  int meddling;

  @Option(
      names = "--strangers",
      defaultValue = "0",
      description = "pods of others that take a delegate's name (default: ${DEFAULT-VALUE})")
  int strangers;

  @Option(
      names = "--stale-lists",
      defaultValue = "1",
      description = "takeovers with an old list of the primary (default: ${DEFAULT-VALUE})")
  int staleLists;

  @Option(
      names = "--second-choices",
      defaultValue = "0",
      description = "delegates created beside one not yet intended (default: ${DEFAULT-VALUE})")
  int secondChoices;

  @Option(
      names = "--without",
      split = ",",
      description = "rules that are left out: ${COMPLETION-CANDIDATES}")
  List<Rule> without = List.of();

  @Option(
      names = "--only",
      split = ",",
      description = "look for nothing else than: ${COMPLETION-CANDIDATES}")
  List<Violation> only = List.of();

  @Option(
      names = "--states",
      defaultValue = "100000000",
      description = "give up after so many (default: ${DEFAULT-VALUE})")
  int states;

  /** For the command line. */
  public ProtocolCommand() {}

  @Override
  public Integer call() {
    long start = System.nanoTime();
    Set<Violation> watched = only.isEmpty() ? Checker.ALL : EnumSet.copyOf(only);
    var protocol = Protocol.complete().without(without.toArray(Rule[]::new));
    var report = new Checker(protocol, bounds(), watched, states).run();
    System.out.printf("%s%n%.1f s%n", report, (System.nanoTime() - start) / 1e9);
    return report.complete() && report.wrong().isEmpty() ? 0 : 1;
  }

  Bounds bounds() {
    return new Bounds(attempts, Budget.NOTHING)
        .with(Fault.CRASH, crashes)
        .with(Fault.LOSS, losses)
        .with(Fault.LATE, late)
        .with(Fault.DELETION, deletions)
        .with(Fault.MEDDLING, meddling)
        .with(Fault.STRANGER, strangers)
        .with(Fault.STALE_LIST, staleLists)
        .with(Fault.SECOND_CHOICE, secondChoices);
  }
}
