package io.virtualnode.benchmarks.utilisation;

import io.virtualnode.benchmarks.Machine;
import io.virtualnode.testkit.TestkitException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command: compares, prints a table, and leaves nothing behind. */
@Command(
    name = "benchmarks/utilisation.sh",
    mixinStandardHelpOptions = true,
    description = {
      "Compares how full the virtual node keeps its members with one real cluster that has all",
      "their nodes and whose scheduler packs them (MostAllocated). All are given the same jobs at",
      "the same moments; figures come from the API servers where the jobs ran.",
      "",
      "Work arrives faster than the site can do it, so jobs always wait and every idle core is the",
      "system's doing. Real jobs run for hours. Jobs here must run long enough that what does not",
      "grow with them (the scheduler's back-off of up to ten seconds) is not what is measured;",
      "placement.collect.after is to be seen relative to them.",
      "",
      "Exit code 1 unless every system is as near to the yardstick as its topology promises."
    })
public final class UtilisationBenchmark implements Callable<Integer> {

  private static final long WARM_UP_SECONDS = 120;

  @Mixin private UtilisationOptions options = new UtilisationOptions();

  private UtilisationBenchmark() {}

  /** Runs it. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new UtilisationBenchmark())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(args));
  }

  @Override
  public Integer call() {
    say("machine: " + Machine.here() + ", load " + Machine.load());
    var contestants = new ArrayList<Contestant>();
    try {
      start(options, contestants);
      return compare(contestants) ? 0 : 1;
    } catch (TestkitException | IllegalStateException e) {
      System.err.println(e.getMessage());
      return 1;
    } finally {
      contestants.forEach(Contestant::close);
    }
  }

  /** Adds the yardstick first, then all that are compared with it. */
  static void start(UtilisationOptions options, List<Contestant> contestants) {
    contestants.add(Contestant.yardstick(options, "yardstick"));
    if (options.control) {
      contestants.add(Contestant.yardstick(options, "control"));
    }
    for (var topology : options.topologies) {
      for (var collectAfter : options.collectAfter) {
        contestants.add(Contestant.virtual(options, topology, collectAfter, contestants.size()));
      }
    }
  }

  private boolean compare(List<Contestant> contestants) {
    var mix = options.mix();
    var bySystem = measure(options, contestants);
    System.out.print(UtilisationReport.text(bySystem));
    var verdicts = new ArrayList<String>();
    boolean kept = true;
    for (int i = 1; i < contestants.size(); i++) {
      var comparison = new Comparison(bySystem.get(0), bySystem.get(i));
      double tolerance = contestants.get(i).tolerance();
      if (Double.isFinite(tolerance)) {
        verdicts.add(UtilisationReport.verdict(comparison, tolerance));
      }
      kept &= comparison.isWithin(tolerance);
    }
    verdicts.forEach(System.out::println);
    options.json.ifPresent(
        file -> {
          try {
            Files.writeString(file, UtilisationJson.text(mix, bySystem, verdicts));
          } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
          }
        });
    return kept;
  }

  /** The outcomes of each system, in their order. */
  static List<List<Outcome>> measure(UtilisationOptions options, List<Contestant> contestants) {
    var mix = options.mix();
    var race = new Race(contestants, !options.noPriority);
    warmUp(race, mix);
    List<List<Outcome>> bySystem = new ArrayList<>();
    contestants.forEach(contestant -> bySystem.add(new ArrayList<>()));
    for (int i = 0; i < options.repeat; i++) {
      long seed = options.seed + i;
      var jobs = mix.jobs(seed);
      say("%d of %d: %d jobs, seed %d".formatted(i + 1, options.repeat, jobs.size(), seed));
      // The yardstick needs about the window times the load.
      long limit = Math.round(mix.windowMillis() / 1000.0 * (mix.load() + mix.backlog()) * 2) + 300;
      var outcomes = race.run("job-" + seed, jobs, mix, limit);
      for (int system = 0; system < outcomes.size(); system++) {
        bySystem.get(system).add(outcomes.get(system));
      }
    }
    return bySystem;
  }

  /** A site full of short jobs, so that no process does anything for the first time. */
  private static void warmUp(Race race, JobMix mix) {
    var jobs = new ArrayList<GridJob>();
    for (int i = 0; i < mix.siteCores(); i++) {
      jobs.add(new GridJob(i, 1, 0, 1000));
    }
    race.run("warm", jobs, mix, WARM_UP_SECONDS);
  }

  private static void say(String line) {
    System.err.println(line);
  }
}
