package io.virtualnode.benchmarks;

import io.virtualnode.testkit.TestkitException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command: measures, prints a table, and leaves nothing behind. */
@Command(
    name = "benchmarks/run.sh",
    mixinStandardHelpOptions = true,
    description = "Measures the virtual node between real clusters on this machine.")
public final class FederationBenchmark implements Callable<Integer> {

  private static final int IDLE_SECONDS = 10;

  @Mixin private Options options = new Options();

  private FederationBenchmark() {}

  /** Runs it; exit code 1 unless every pod of every run was seen Running and Succeeded. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new FederationBenchmark()).execute(args));
  }

  @Override
  public Integer call() {
    var load = Machine.load();
    say("machine: " + Machine.here() + ", load " + load);
    try (var testbed = Testbed.start(options)) {
      var measurements = measure(testbed, load);
      System.out.println(Report.text(measurements));
      options.json.ifPresent(
          file -> {
            try {
              Files.writeString(file, JsonReport.text(measurements));
            } catch (IOException e) {
              throw new UncheckedIOException("cannot write " + file, e);
            }
          });
      return 0;
    } catch (TestkitException | IllegalStateException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  private Measurements measure(Testbed testbed, String load) {
    warmUp(testbed, "warm");
    double idle = idle(testbed);
    Optional<SteadyRate.Result> steady = Optional.empty();
    if (options.latencyPods() > 0) {
      say("%d pods per second for %d s".formatted(options.rate, options.seconds));
      var recording = record(testbed, "steady");
      steady =
          Optional.of(new SteadyRate(testbed, options.rate, options.latencyPods()).run("steady"));
      recording.ifPresent(FlightRecording::close);
    }
    var forwarded = new ArrayList<FullSpeed.Result>();
    var direct = new ArrayList<FullSpeed.Result>();
    var fullSpeed = new FullSpeed(testbed, options.pods);
    long peak = 0;
    for (int i = 1; i <= options.repeat; i++) {
      if (i > 1) {
        testbed.startVnode();
        warmUp(testbed, "warm-" + i);
      }
      say("%d pods at full speed, %d of %d: forwarded".formatted(options.pods, i, options.repeat));
      var recording = record(testbed, "full-speed-" + i);
      forwarded.add(fullSpeed.forwarded("forwarded-" + i));
      recording.ifPresent(FlightRecording::close);
      peak = Math.max(peak, ProcStat.peakKilobytes(testbed.vnode().pid()));
      // It watches the members, which would cost their API servers what nothing between costs not.
      testbed.stopVnode();
      say("%d pods at full speed, %d of %d: direct".formatted(options.pods, i, options.repeat));
      direct.add(fullSpeed.direct("direct-" + i));
    }
    return new Measurements(
        Machine.here(),
        testbed.primary().client().getKubernetesVersion().getGitVersion(),
        vnodeVersion(),
        options,
        load,
        idle,
        steady,
        forwarded,
        direct,
        options.repeat > 0 ? peak : ProcStat.peakKilobytes(testbed.vnode().pid()),
        testbed.vnode().complaints());
  }

  private Optional<FlightRecording> record(Testbed testbed, String name) {
    return FlightRecording.start(options.profile, name, testbed.vnode().pid());
  }

  private void warmUp(Testbed testbed, String prefix) {
    if (options.warmup > 0) {
      say("warming up with %d pods".formatted(options.warmup));
      new FullSpeed(testbed, options.warmup).forwarded(prefix);
    }
  }

  private static double idle(Testbed testbed) {
    say("idle for %d s".formatted(IDLE_SECONDS));
    var before = testbed.cpu();
    var after = Waits.after(IDLE_SECONDS, testbed::cpu);
    return (double) after.minus(before).node() / IDLE_SECONDS;
  }

  private String vnodeVersion() {
    try {
      var process =
          new ProcessBuilder(options.vnodeHome.resolve("bin/vnode").toString(), "version")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().findFirst().orElse("unknown");
    } catch (IOException e) {
      throw new UncheckedIOException("vnode version", e);
    }
  }

  private static void say(String line) {
    System.err.println(line);
  }
}
