package io.virtualnode.kubernetes.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vnode capacity}: prints what the members have, who uses it, and what is free. */
@Command(
    name = "capacity",
    description = {
      "Prints the account of the members' room, node by node: what is allocatable, used by others,",
      "by pods of ours, reserved for pods on their way, and free; and how many slots are free.",
      "Reads the clusters; asks no running process and changes nothing."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every member was seen",
      "1:a member or the primary could not be seen",
      "2:the configuration is faulty; nothing was contacted"
    })
final class CapacityCommand implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private SurveyOptions options = new SurveyOptions();

  @Option(
      names = "--slots",
      split = ",",
      defaultValue = "1,8",
      paramLabel = "CORES",
      description = "Sizes of slots to count, in cores (default: ${DEFAULT-VALUE})")
  private List<Integer> slots = List.of();

  @Override
  public Integer call() throws InterruptedException {
    if (slots.stream().anyMatch(cores -> cores < 1)) {
      throw new ParameterException(spec.commandLine(), "--slots must be whole cores, at least 1");
    }
    var read = options.configuration.read(spec.commandLine().getErr());
    if (read.isEmpty()) {
      return ExitCode.FAULTY;
    }
    var report =
        options.ask(
            read.get(),
            survey -> new CapacityReport(survey.nodes(), survey.offers(), survey.stale(), slots));
    var out = spec.commandLine().getOut();
    switch (options.output) {
      case text -> report.lines().forEach(out::println);
      case json -> out.println(SurveyOptions.json(report.tree()));
    }
    out.flush();
    return report.stale().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }
}
