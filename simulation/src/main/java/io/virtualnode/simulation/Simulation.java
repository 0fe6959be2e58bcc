package io.virtualnode.simulation;

import io.virtualnode.simulation.protocol.ProtocolCommand;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What {@code simulation/run.sh} runs. */
@Command(
    name = "run.sh",
    mixinStandardHelpOptions = true,
    description =
        "Simulates the account (random histories, sizes past one machine, job mixes), and checks the protocol.",
    subcommands = {
      Simulation.Histories.class,
      Simulation.ScaleCommand.class,
      Simulation.MixesCommand.class,
      ProtocolCommand.class
    })
public final class Simulation {

  private Simulation() {}

  /** Runs the command that the arguments name. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Simulation()).execute(args));
  }

  /** Random histories. */
  @Command(
      name = "histories",
      mixinStandardHelpOptions = true,
      description = "Checks random histories; -Dseed=N runs one, -Dseeds=N as many.")
  static final class Histories implements Callable<Integer> {

    @Option(names = "--count", defaultValue = "10000", description = "default: ${DEFAULT-VALUE}")
    int count;

    @Override
    public Integer call() {
      System.out.printf("%d steps checked%n", Seeds.fromProperties(count).run());
      return 0;
    }
  }

  /** The plan past one machine. */
  @Command(
      name = "scale",
      mixinStandardHelpOptions = true,
      description =
          "Fills the account of a site, and of one with a hundredth of its members and pods.")
  static final class ScaleCommand implements Callable<Integer> {

    @Option(names = "--members", defaultValue = "100", description = "default: ${DEFAULT-VALUE}")
    int members;

    @Option(
        names = "--nodes",
        defaultValue = "5000",
        description = "of each member (default: ${DEFAULT-VALUE})")
    int nodes;

    @Option(
        names = "--pods",
        defaultValue = "1000000",
        description = "in all (default: ${DEFAULT-VALUE})")
    int pods;

    @Override
    public Integer call() {
      return print(System.out) ? 0 : 1;
    }

    /** Measures both sizes; returns whether neither account had drifted. */
    boolean print(PrintStream out) {
      int hundredth = Math.max(1, members / 100);
      new Scale(hundredth, nodes, Math.max(2, pods / 100)).measure(); // warms up
      var small = new Scale(hundredth, nodes, Math.max(2, pods / 100)).measure();
      var large = new Scale(members, nodes, pods).measure();
      out.printf("%-24s %14s %14s %9s%n", "", "a hundredth", "all", "growth");
      line(out, "members", small.members(), large.members());
      line(out, "nodes", small.nodes(), large.nodes());
      line(out, "pods", small.pods(), large.pods());
      line(out, "placements per second", small.placementsPerSecond(), large.placementsPerSecond());
      line(out, "heap bytes per pod", small.bytesPerPod(), large.bytesPerPod());
      line(out, "full recount, ms", small.recountMillis(), large.recountMillis());
      line(out, "drift", small.drift(), large.drift());
      return small.drift() == 0 && large.drift() == 0;
    }

    private static void line(PrintStream out, String name, double small, double large) {
      var growth = small == 0 ? "" : "%.2f".formatted(large / small);
      out.printf(Locale.ROOT, "%-24s %14.1f %14.1f %9s%n", name, small, large, growth);
    }
  }

  /** Job mixes. */
  @Command(
      name = "mixes",
      mixinStandardHelpOptions = true,
      description = "Runs job mixes on every topology and strategy, and on one real cluster.")
  static final class MixesCommand implements Callable<Integer> {

    @Option(
        names = "--seconds",
        defaultValue = "1200",
        description = "of each run, in virtual time (default: ${DEFAULT-VALUE})")
    int seconds;

    @Option(names = "--seed", defaultValue = "1", description = "default: ${DEFAULT-VALUE}")
    long seed;

    @Option(
        names = "--chart",
        defaultValue = "simulation/target/mixes.svg",
        description = "where the chart goes (default: ${DEFAULT-VALUE})")
    Path chart = Path.of("");

    @Override
    public Integer call() throws IOException {
      var table = new MixTable(Mix.all(), seed, seconds);
      table.print(System.out);
      var parent = chart.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.writeString(chart, new MixChart(table.outcomes()).svg(), StandardCharsets.UTF_8);
      System.out.println("chart: " + chart);
      return 0;
    }
  }
}
