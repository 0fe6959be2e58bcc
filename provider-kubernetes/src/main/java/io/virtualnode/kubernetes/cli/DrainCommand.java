package io.virtualnode.kubernetes.cli;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtualnode.kubernetes.ForwardingNode;
import io.virtualnode.kubernetes.MemberDrain;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.Durations;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code vnode drain}: empties a member of our pods. */
@Command(
    name = "drain",
    description = {
      "Has a member get nothing new, and waits until no pod of ours is left in it that has not",
      "ended. What waits there without a node goes elsewhere, if there is room; what runs there runs",
      "to its end, or is evicted with --now.",
      "The mark is on the virtual Nodes in the primary: the running vnode sees it at once, and it",
      "stays until --undo. Needs to list and patch nodes and to list pods in the primary, with --now",
      "also to create pods/eviction."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the member is empty; with --undo: the mark is gone",
      "1:there is no such member or no virtual node, or the primary could not be asked or refused",
      "2:the command line or the configuration is faulty; nothing was contacted",
      "3:the time was over before the member was empty; it goes on getting nothing new"
    })
final class DrainCommand implements Callable<Integer> {

  private static final Duration PAUSE = Duration.ofSeconds(1);

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConfigurationOption configuration = new ConfigurationOption();

  @Parameters(paramLabel = "MEMBER", description = "The member's name")
  private String member = "";

  @Option(
      names = "--now",
      description =
          "Evict the pods there, so that their Jobs make new ones, which go elsewhere."
              + " PodDisruptionBudgets are honoured; pods without a controller are waited for.")
  private boolean now;

  @Option(names = "--undo", description = "Take the mark away: the member is used again.")
  private boolean undo;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "How long to wait, such as 90s or 2h (default: as long as it takes)")
  private Optional<Duration> timeout = Optional.empty();

  /** Reads a duration as the configuration does. */
  static final class DurationConverter implements ITypeConverter<Duration> {

    @Override
    public Duration convert(String text) {
      Durations.fault(text)
          .ifPresent(
              fault -> {
                throw new TypeConversionException(fault);
              });
      return Durations.parse(text);
    }
  }

  @Override
  public Integer call() throws InterruptedException {
    if (undo && (now || timeout.isPresent())) {
      throw new ParameterException(spec.commandLine(), "--undo goes with nothing else");
    }
    var read = configuration.read(spec.commandLine().getErr());
    return read.isEmpty() ? ExitCode.FAULTY : run(read.get());
  }

  private int run(Configuration settings) throws InterruptedException {
    try (var primary = ForwardingNode.primaryClient(settings)) {
      var drain = new MemberDrain(settings, primary, member);
      if (drain.virtualNodes() == 0) {
        return failed("there is no virtual node " + settings.node().name() + " in the primary");
      }
      if (!drain.isKnown()) {
        return failed("no member is called " + member + ", and no pod's delegate is in one");
      }
      if (undo) {
        return undo(drain);
      }
      say(
          drain.mark(true)
              ? "member " + member + " is marked: it gets nothing new"
              : "member " + member + " was marked before");
      return new Wait(drain).untilOver();
    } catch (KubernetesClientException e) {
      return failed(ApiServerProbe.reason(e));
    }
  }

  private int undo(MemberDrain drain) {
    say(
        drain.mark(false)
            ? "member " + member + " is no longer marked"
            : "member " + member + " was not marked");
    if (drain.isConfigured()) {
      say("but the configuration has drain: true for it");
    }
    return ExitCode.OK;
  }

  private int failed(String message) {
    spec.commandLine().getErr().println("vnode: " + message);
    spec.commandLine().getErr().flush();
    return ExitCode.FAILED;
  }

  private void say(String line) {
    spec.commandLine().getOut().println(line);
    spec.commandLine().getOut().flush();
  }

  /** Looks again and again, on one thread, and says what has changed. */
  private final class Wait {

    private final MemberDrain drain;
    private final Set<MemberDrain.Refusal> refused = new HashSet<>();
    private final CompletableFuture<Integer> over = new CompletableFuture<>();
    private String said = "";

    Wait(MemberDrain drain) {
      this.drain = drain;
    }

    int untilOver() throws InterruptedException {
      ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor();
      try {
        var unused =
            looks.scheduleWithFixedDelay(this::look, 0, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        return timeout.isEmpty()
            ? over.get()
            : over.get(timeout.get().toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        say("member " + member + " is not empty after " + timeout.get().toSeconds() + " s");
        return ExitCode.TIMED_OUT;
      } catch (ExecutionException e) {
        return failed(ApiServerProbe.reason(e)); // a look has failed unexpectedly
      } finally {
        looks.shutdownNow();
        looks.awaitTermination(PAUSE.toMillis(), TimeUnit.MILLISECONDS); // its client is closed now
      }
    }

    private void look() {
      try {
        var progress = drain.progress();
        sayOnce(words(progress));
        if (progress.isOver()) {
          over.complete(ExitCode.OK);
        } else if (now && progress.noted()) { // before that, what comes anew could go there again
          drain.evict().stream()
              .filter(refused::add)
              .forEach(refusal -> say("not evicted: " + refusal.pod() + ": " + refusal.reason()));
        }
      } catch (KubernetesClientException e) {
        if (isLasting(e)) {
          over.complete(failed(ApiServerProbe.reason(e)));
        } else {
          sayOnce("the primary does not answer: " + ApiServerProbe.reason(e));
        }
      } catch (RuntimeException e) {
        over.completeExceptionally(e);
      }
    }

    private String words(MemberDrain.Progress progress) {
      if (progress.isOver()) {
        return "member " + member + " is empty";
      }
      var counts =
          "member %s: %d running, %d pending, %d ending"
              .formatted(member, progress.running(), progress.pending(), progress.ending());
      if (!progress.noted()) {
        return counts + "; the virtual node's process has not taken note yet: does it run?";
      }
      return progress.running() + progress.pending() + progress.ending() == 0
          ? counts + "; what was deleted is still ending there, or the member is out of reach"
          : counts;
    }

    private void sayOnce(String line) {
      if (!line.equals(said)) {
        said = line;
        say(line);
      }
    }
  }

  /** Whether asking again cannot help: it is refused, not unanswered. */
  private static boolean isLasting(KubernetesClientException failure) {
    return failure.getCode() >= 400 && failure.getCode() < 429;
  }
}
