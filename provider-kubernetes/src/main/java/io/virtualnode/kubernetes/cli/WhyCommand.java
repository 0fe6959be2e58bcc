package io.virtualnode.kubernetes.cli;

import io.fabric8.kubernetes.api.model.Pod;
import io.virtualnode.kubernetes.ForwardingNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vnode why}: says where a pod would go, or why it waits. */
@Command(
    name = "why",
    description = {
      "Says where a pod of the primary has its slot or would get one, or why it waits: member by",
      "member, in the scheduler's words. Reads the clusters; asks no running process and changes",
      "nothing."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:said",
      "1:there is no such pod, or the primary could not be read",
      "2:the configuration is faulty; nothing was contacted"
    })
final class WhyCommand implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private SurveyOptions options = new SurveyOptions();

  @Parameters(paramLabel = "POD", description = "The pod's name")
  private String name = "";

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default",
      paramLabel = "NAMESPACE",
      description = "The pod's namespace (default: ${DEFAULT-VALUE})")
  private String namespace = "";

  @Override
  public Integer call() throws InterruptedException {
    var read = options.configuration.read(spec.commandLine().getErr());
    if (read.isEmpty()) {
      return ExitCode.FAULTY;
    }
    Pod pod;
    try (var primary = ForwardingNode.primaryClient(read.get())) {
      pod = primary.pods().inNamespace(namespace).withName(name).get();
    }
    if (pod == null) {
      spec.commandLine().getErr().println("vnode: no pod " + namespace + "/" + name);
      spec.commandLine().getErr().flush();
      return ExitCode.FAILED;
    }
    var report =
        options.ask(
            read.get(),
            survey ->
                new WhyReport(
                    namespace + "/" + name,
                    state(pod),
                    survey.slot(pod),
                    survey.choice(pod),
                    survey.explain(pod),
                    survey.stale()));
    var out = spec.commandLine().getOut();
    switch (options.output) {
      case text -> report.lines().forEach(out::println);
      case json -> out.println(SurveyOptions.json(report.tree()));
    }
    out.flush();
    return ExitCode.OK;
  }

  static String state(Pod pod) {
    var node = pod.getSpec().getNodeName();
    var status = pod.getStatus();
    var reason = status.getReason() == null ? "" : " (" + status.getReason() + ")";
    return (node == null || node.isEmpty() ? "not bound" : "bound to " + node)
        + ", "
        + status.getPhase()
        + reason;
  }
}
