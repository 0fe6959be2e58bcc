package io.virtualnode.examples.federation;

import io.virtualnode.testkit.TestkitException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the demonstration. */
@Command(
    name = "examples/federation/run.sh",
    description = {
      "One queue over several real clusters on this machine: starts a primary and members of",
      "different size, the virtual node over them, and submits more Jobs than fit."
    },
    sortOptions = false,
    usageHelpAutoWidth = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every Job succeeded and the check held throughout",
      "1:not so; the reasons are said",
      "2:wrong options",
      "130:ended by Ctrl-C (143 by SIGTERM)"
    })
public final class FederationDemo implements Callable<Integer> {

  /** Of {@link #conclude}: the demonstration did not come to its end. */
  static final int UNFINISHED = -1;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--members",
      paramLabel = "N",
      defaultValue = "2",
      description = "member clusters, 1 to 9 (default ${DEFAULT-VALUE})")
  private int members;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "2",
      description = "nodes of each member, 1 to 50 (default ${DEFAULT-VALUE})")
  private int nodes;

  @Option(
      names = "--cores",
      paramLabel = "N",
      defaultValue = "8",
      description =
          "cores of the first member's nodes, 1 to 256 (default ${DEFAULT-VALUE}); each further member's nodes have half as many again")
  private int cores;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "Jobs to submit, 1 to 5000 (default ${DEFAULT-VALUE}); every fourth has 8 cores, if a node has as many")
  private int jobs;

  @Option(
      names = "--keep",
      description = "leave everything up afterwards, until Enter or Ctrl-C, to look around")
  private boolean keep;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "say this")
  @SuppressWarnings("unused") // picocli acts upon it
  private boolean help;

  private FederationDemo() {}

  /** Runs the demonstration and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.setProperty(
        "logback.configurationFile", "io/virtualnode/examples/federation/logback-demo.xml");
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new FederationDemo());
  }

  @Override
  public Integer call() throws IOException {
    check("--members", members, 9);
    check("--nodes", nodes, 50);
    check("--cores", cores, 256);
    check("--jobs", jobs, 5000);
    var federation = new Federation(System.out);
    var stopped = new AtomicBoolean();
    var finished = new AtomicBoolean();
    var hook =
        new Thread(
            () -> {
              if (finished.get()) {
                return;
              }
              stopped.set(true);
              System.out.println("\nstopping everything ...");
              federation.close();
            },
            "stop-demo");
    Runtime.getRuntime().addShutdownHook(hook);
    int code = run(federation, stopped);
    if (stopped.get()) {
      awaitForever();
    }
    federation.close();
    finished.set(true);
    return code;
  }

  private int run(Federation federation, AtomicBoolean stopped) {
    var screen = Screen.of(System.out, Boolean.getBoolean("demo.terminal"));
    var demo = new Demo(Plan.of(members, nodes, cores, jobs), federation, System.out, screen);
    var code = conclude(demo::run, federation, System.out, stopped::get);
    if (keep && code != UNFINISHED && !stopped.get()) {
      System.out.println("\nEverything is still up. In another terminal:");
      federation.directions().forEach(line -> System.out.println("  " + line));
      System.out.println("Ends with Enter or Ctrl-C.");
      awaitEnter();
    }
    return code == 0 ? 0 : 1;
  }

  /**
   * Runs the demonstration and says how it ended: 0 if all was well, 1 if something was wrong, and
   * {@link #UNFINISHED} if it could not go on. Unless all was well, the node's log is kept.
   *
   * @param stopped whether it is being ended from outside: then there is nothing to say
   */
  static int conclude(
      Callable<List<String>> demo,
      Federation federation,
      PrintStream out,
      BooleanSupplier stopped) {
    try {
      var faults = demo.call();
      if (!faults.isEmpty()) {
        federation.keepLog();
      }
      faults.forEach(fault -> out.println("WRONG: " + fault));
      out.println(faults.isEmpty() ? "OK" : "FAILED");
      return faults.isEmpty() ? 0 : 1;
    } catch (DemoException | TestkitException e) {
      if (!stopped.getAsBoolean()) {
        federation.keepLog();
        out.println("FAILED: " + e.getMessage());
      }
      return UNFINISHED;
    } catch (Exception e) { // nobody has thought of it: all that is known of it is worth telling
      if (!stopped.getAsBoolean()) {
        federation.keepLog();
        out.print("FAILED: ");
        e.printStackTrace(out);
      }
      return UNFINISHED;
    }
  }

  private void check(String option, int value, int max) {
    if (value < 1 || value > max) {
      throw new ParameterException(
          spec.commandLine(), "%s is %d, must be 1 to %d".formatted(option, value, max));
    }
  }

  /** Where there is no standard input, only a signal ends the wait. */
  private static void awaitEnter() {
    try {
      if (System.in.read() >= 0) {
        return;
      }
    } catch (IOException e) {
      System.out.println("no standard input: " + e.getMessage());
    }
    awaitForever();
  }

  /** The JVM is being ended by a signal, or will be. */
  private static void awaitForever() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
