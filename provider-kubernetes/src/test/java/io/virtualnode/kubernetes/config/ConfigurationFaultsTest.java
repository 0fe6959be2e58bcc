package io.virtualnode.kubernetes.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which file gives which fault lines; {@code DIR} stands for the file's directory. */
class ConfigurationFaultsTest {

  private static final String NODE = "node: {name: grid}\n";
  private static final String NO_MEMBERS = "members: []\n";
  private static final String DNS_LABEL =
      " is not a DNS label (at most 63 of a-z, 0-9 and -, with a letter or digit at both ends)";
  private static final String LABEL_VALUE =
      " is not a label value (at most 63 of letters, digits, -, _ and ., with a letter or digit at"
          + " both ends)";
  private static final String QUALIFIED = " is not a qualified name (such as example.org/name)";
  private static final String EFFECTS = " is not one of NoSchedule, PreferNoSchedule, NoExecute";
  private static final String NO_VALUE = " has no value: give one or leave the key out";

  @TempDir Path directory;

  @BeforeEach
  void writeKubeconfigs() {
    KubeconfigText.write(directory.resolve("a.kubeconfig"), "a");
    KubeconfigText.write(directory.resolve("b.kubeconfig"), "b");
    KubeconfigText.writeText(directory.resolve("text.kubeconfig"), "just words");
    KubeconfigText.writeText(directory.resolve("broken.kubeconfig"), "clusters: [\n");
    KubeconfigText.writeText(
        directory.resolve("no-files.kubeconfig"),
        """
        current-context: x
        clusters: [{name: c, cluster: {server: 'https://c', certificate-authority: ca.crt}}]
        users: [{name: u, user: {tokenFile: token}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        """);
    KubeconfigText.writeText(
        directory.resolve("no-current.kubeconfig"),
        "clusters: []\nusers: []\ncontexts: [{name: x, context: {cluster: c}}]\n");
    KubeconfigText.writeText(
        directory.resolve("dangling.kubeconfig"),
        """
        current-context: lost
        clusters: [{name: c, cluster: {server: 'https://c'}}]
        users:
        contexts:
        - {name: no-cluster, context: {cluster: none}}
        - {name: no-user, context: {cluster: c, user: none}}
        """);
  }

  static Stream<Arguments> files() {
    return Stream.of(
        // The file as a whole.
        file("", "the file is empty: node and members are missing"),
        file("# nothing\n", "the file is empty: node and members are missing"),
        file("just words", "is a string, a mapping is expected"),
        file("- a", "is a list, a mapping is expected"),
        file("{}", "node: missing", "members: missing"),
        file(NODE + "members:\n", "members: has no value: give one or leave the key out"),
        file(
            NODE + NO_MEMBERS + "---\na: 1\n",
            "line 4, column 1: a second document: one file holds one"),
        file(
            "node: {name: grid\nmembers: []\n", "line 2, column 8: expected ',' or '}', but got :"),
        file(
            "node:\n\tname: grid\n",
            "line 2, column 1: found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation)"),
        file(
            NODE + NO_MEMBERS + NO_MEMBERS,
            "members: line 3, column 1: key \"members\" a second time"),
        file(
            NODE + "members: *all\n",
            "members: line 2, column 10: no anchor &all is complete before this alias",
            "members: has no value: give one or leave the key out"),
        // Keys.
        file(NODE + NO_MEMBERS + "member: []\n", "member: unknown key, did you mean \"members\"?"),
        file(NODE + NO_MEMBERS + "MaxAge: 1s\n", "MaxAge: unknown key, did you mean \"maxAge\"?"),
        file(
            NODE + NO_MEMBERS + "x/y: 1\n",
            "[\"x/y\"]: unknown key (known: node, primary, maxAge, placement, faults, election,"
                + " members)"),
        file(
            "node: {nmae: grid}\n" + NO_MEMBERS,
            "node.name: missing",
            "node.nmae: unknown key, did you mean \"name\"?"),
        // Faults.
        file(
            NODE + NO_MEMBERS + "faults: {unknownAfter: 0s, failAfter: soon, orphanPercent: 101}\n",
            "faults.unknownAfter: \"0s\" is not longer than zero",
            "faults.failAfter: \"soon\" is not a duration (such as 500ms, 1s or 1m30s) nor never",
            "faults.orphanPercent: 101 is more than 100"),
        file(
            NODE + NO_MEMBERS + "faults: {orphanPercent: -1, after: 1s}\n",
            "faults.orphanPercent: -1 is less than 0",
            "faults.after: unknown key (known: unknownAfter, failAfter, orphanPercent)"),
        // Election.
        file(NODE + NO_MEMBERS + "election: {}\n", "election.namespace: missing"),
        file(
            NODE + NO_MEMBERS + "election: {namespace: a, leaseDuration: 0s, replicas: 2}\n",
            "election.leaseDuration: \"0s\" is not longer than zero",
            "election.replicas: unknown key (known: namespace, leaseDuration, renewDeadline,"
                + " retryPeriod)"),
        file(
            NODE + NO_MEMBERS + "election: {namespace: a, leaseDuration: 10s, retryPeriod: 6s}\n",
            "election: leaseDuration: is less than 1.2 times renewDeadline (PT10S): PT10S;"
                + " renewDeadline: is less than two times retryPeriod (PT6S): PT10S"),
        // Node.
        file("node: grid\n" + NO_MEMBERS, "node: is a string, a mapping is expected"),
        file(
            "node: {name: 12}\n" + NO_MEMBERS,
            "node.name: 12 is a number, a string is expected: put it in quotes"),
        file(
            "node: {name: true}\n" + NO_MEMBERS,
            "node.name: true is a boolean, a string is expected: put it in quotes"),
        file("node: {name: }\n" + NO_MEMBERS, "node.name:" + NO_VALUE),
        file(
            "node: {name: Grid}\n" + NO_MEMBERS,
            "node.name: \"Grid\" is not a node name (at most 63 of a-z, 0-9, - and ., with a letter or digit at both ends of each part)"),
        file(node("labels: [a]"), "node.labels: is a list, a mapping is expected"),
        file(
            node("labels: {a: 1}"),
            "node.labels.a: 1 is a number, a string is expected: put it in quotes"),
        file(
            node("labels: {example.org/a: 'x y'}"),
            "node.labels[\"example.org/a\"]: \"x y\"" + LABEL_VALUE),
        file(node("labels: {-a: b}"), "node.labels[\"-a\"]: \"-a\"" + QUALIFIED),
        file(node("labels: {a/b/c: d}"), "node.labels[\"a/b/c\"]: \"a/b/c\"" + QUALIFIED),
        file(node("taints: {}"), "node.taints: is a mapping, a list is expected"),
        file(node("taints: [x]"), "node.taints[0]: is a string, a mapping is expected"),
        file(node("taints: [{}]"), "node.taints[0].key: missing", "node.taints[0].effect: missing"),
        file(
            node("taints: [{key: k, effect: Never}]"),
            "node.taints[0].effect: \"Never\"" + EFFECTS),
        file(
            node("taints: [{key: k!, value: 'v!', effect: NoExecute}]"),
            "node.taints[0].key: \"k!\"" + QUALIFIED,
            "node.taints[0].value: \"v!\"" + LABEL_VALUE),
        file(
            node("taints: [{key: k, effect: NoExecute, operator: Equal}]"),
            "node.taints[0].operator: unknown key (known: key, value, effect)"),
        file(
            node("taints: [{key: k, effect: NoExecute}, {key: k, value: v, effect: NoExecute}]"),
            "node.taints[1]: same key and effect as node.taints[0]"),
        file(
            node("internalIp: host.example.org"),
            "node.internalIp: \"host.example.org\" is not an IP address"),
        file(node("internalIp: 1.2.3.256"), "node.internalIp: \"1.2.3.256\" is not an IP address"),
        file(node("internalIp: 'a::b::c'"), "node.internalIp: \"a::b::c\" is not an IP address"),
        file(
            node("internalIP: 1.2.3.4"),
            "node.internalIP: unknown key, did you mean \"internalIp\"?"),
        // Age.
        file(
            NODE + NO_MEMBERS + "maxAge: 1\n",
            "maxAge: 1 is a number, a string is expected: put it in quotes"),
        file(
            NODE + NO_MEMBERS + "maxAge: '1'\n",
            "maxAge: \"1\" is not a duration (such as 500ms, 1s or 1m30s)"),
        file(
            NODE + NO_MEMBERS + "maxAge: -1s\n",
            "maxAge: \"-1s\" is not a duration (such as 500ms, 1s or 1m30s)"),
        file(NODE + NO_MEMBERS + "maxAge: 99ms\n", "maxAge: \"99ms\" is shorter than 100ms"),
        // Access.
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: none}\n",
            "primary.kubeconfig: file not found: DIR/none"),
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: .}\n",
            "primary.kubeconfig: is a directory, not a file: DIR"),
        file(NODE + NO_MEMBERS + "primary: {kubeconfig: ''}\n", "primary.kubeconfig: is empty"),
        file(
            NODE + NO_MEMBERS + "primary: {context: admin}\n",
            "primary.context: needs a kubeconfig beside it"),
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: text.kubeconfig}\n",
            "primary.kubeconfig: not a kubeconfig: DIR/text.kubeconfig has no clusters or no contexts"),
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: broken.kubeconfig}\n",
            "primary.kubeconfig: not a kubeconfig: DIR/broken.kubeconfig: line 2, column 1: expected the node content, but found '<stream end>'"),
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: no-current.kubeconfig}\n",
            "primary.context: missing, and DIR/no-current.kubeconfig has no current-context (contexts: x)"),
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: a.kubeconfig, context: mine}\n",
            "primary.context: \"mine\" is not in DIR/a.kubeconfig (contexts: admin, other)"),
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: dangling.kubeconfig}\n",
            "primary.context: current-context \"lost\" is not in DIR/dangling.kubeconfig (contexts: no-cluster, no-user)"),
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: dangling.kubeconfig, context: no-cluster}\n",
            "primary.context: \"no-cluster\" of DIR/dangling.kubeconfig names cluster \"none\", which has no server there"),
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: dangling.kubeconfig, context: no-user}\n",
            "primary.context: \"no-user\" of DIR/dangling.kubeconfig names user \"none\", which is not there"),
        file(
            NODE + NO_MEMBERS + "primary: {kubeconfig: no-files.kubeconfig}\n",
            "primary.kubeconfig: file not found: DIR/ca.crt"),
        // Members.
        file(NODE + "members: {}\n", "members: is a mapping, a list is expected"),
        file(members("{kubeconfig: a.kubeconfig}"), "members[0].name: missing"),
        file(members("{name: site.a}"), "members[0].name: \"site.a\"" + DNS_LABEL),
        file(
            members("{name: a, kubeConfig: a.kubeconfig}"),
            "members[0].kubeConfig: unknown key, did you mean \"kubeconfig\"?"),
        file(
            members("{name: a}", "{name: b, kubeconfig: none}"),
            "members[1].kubeconfig: file not found: DIR/none"),
        file(
            members("{name: a, kubeconfig: a.kubeconfig}", "{name: a, kubeconfig: b.kubeconfig}"),
            "members[1].name: \"a\" is already the name of members[0]"),
        file(
            members(
                "{name: a, kubeconfig: a.kubeconfig}",
                "{name: b, kubeconfig: a.kubeconfig, context: admin}"),
            "members[1]: same cluster and namespace as members[0] (https://a:6443, all namespaces)"),
        file(
            members("{name: a, namespace: x}", "{name: b, namespace: x}"),
            "members[1]: same cluster and namespace as members[0] (standard access, namespace x)"),
        file(members("{name: a, namespace: X}"), "members[0].namespace: \"X\"" + DNS_LABEL),
        file(
            members("{name: a, nodeSelector: {pool: 'a b'}}"),
            "members[0].nodeSelector.pool: \"a b\"" + LABEL_VALUE),
        file(
            members("{name: a, tolerations: [{key: k, operator: In}]}"),
            "members[0].tolerations[0].operator: \"In\" is not one of Equal, Exists"),
        file(
            members("{name: a, tolerations: [{key: k, operator: Exists, value: v}]}"),
            "members[0].tolerations[0]: operator Exists takes no value"),
        file(
            members("{name: a, tolerations: [{value: v}]}"),
            "members[0].tolerations[0]: operator Equal needs a key"),
        file(
            members("{name: a, tolerations: [{key: k, effect: No}]}"),
            "members[0].tolerations[0].effect: \"No\"" + EFFECTS),
        file(
            members("{name: a, headroom: {cpu: lots}}"),
            "members[0].headroom.cpu: \"lots\" is not a quantity (such as 500m, 4 or 16Gi)"),
        file(
            members("{name: a, headroom: {memory: 1 Gi}}"),
            "members[0].headroom.memory: \"1 Gi\" is not a quantity (such as 500m, 4 or 16Gi)"),
        file(
            members("{name: a, headroom: {cpu: -1}}"),
            "members[0].headroom.cpu: \"-1\" is negative"),
        file(
            members("{name: a, headroom: {cpu: [1]}}"),
            "members[0].headroom.cpu: is a list, a string is expected"),
        file(
            members("{name: a, headroom: {a/b/c: 1}}"),
            "members[0].headroom[\"a/b/c\"]: \"a/b/c\"" + QUALIFIED),
        file(
            members("{name: a, drain: 1}"),
            "members[0].drain: is a number, true or false is expected"),
        file(
            members("{name: a, drain: \"yes\"}"),
            "members[0].drain: is a string, true or false is expected"),
        file(members("{name: a, weight: -1}"), "members[0].weight: -1 is less than 0"),
        file(
            members("{name: a, weight: 1.5}"),
            "members[0].weight: is a number, a whole number is expected"),
        file(members("{name: a, capacity: {}}"), "members[0].capacity.source: missing"),
        file(
            members("{name: a, capacity: {source: guess}}"),
            "members[0].capacity.source: \"guess\" is not one of nodes, quota, static"),
        file(
            members("{name: a, capacity: {source: quota}}"),
            "members[0].capacity: without nodes needs a namespace for all delegates beside it"),
        file(
            members("{name: a, namespace: x, capacity: {source: static}}"),
            "members[0].capacity.amounts: missing"),
        file(
            members("{name: a, capacity: {source: nodes, amounts: {cpu: 1}}}"),
            "members[0].capacity.amounts: does not go with source nodes"),
        file(
            members("{name: a, namespace: x, capacity: {source: static, amounts: {cpu: -1}}}"),
            "members[0].capacity.amounts.cpu: \"-1\" is negative"),
        file(
            placement("strategy: random"),
            "placement.strategy: \"random\" is not one of pack, spread, weighted"),
        file(placement("unfit: wait"), "placement.unfit: \"wait\" is not one of hold, reject"),
        file(
            placement("failAfter: soon"),
            "placement.failAfter: \"soon\" is not a duration (such as 500ms, 1s or 1m30s) nor never"),
        file(placement("failAfter: 0s"), "placement.failAfter: \"0s\" is not longer than zero"),
        file(
            placement("takeBackAfter: never"),
            "placement.takeBackAfter: \"never\" is not a duration (such as 500ms, 1s or 1m30s)"),
        file(
            placement("collect: {slots: 0, when: 1m}"),
            "placement.collect.slots: 0 is less than 1",
            "placement.collect.when: unknown key (known: after, slots, cores)"),
        file(
            node("topology: star"),
            "node.topology: \"star\" is not one of aggregate, per-member, per-node"),
        file(
            node("inheritLabels: {exclude: [a, 'b c'], union: [a]}"),
            "node.inheritLabels.exclude[1]: \"b c\"" + QUALIFIED,
            "node.inheritLabels.union[0]: \"a\" is excluded, too"));
  }

  @ParameterizedTest
  @MethodSource("files")
  void a_fault_is_told_with_its_path(String yaml, List<String> expected) throws Exception {
    assertThat(faults(yaml)).isEqualTo(expected);
  }

  @Test
  void many_faults_are_listed_at_once() throws Exception {
    var faults =
        faults(
            """
            node:
              labels: {a: 1}
              taints: [{key: k, effect: never}]
              colour: blue
            primary: {kubeconfig: none}
            maxAge: soon
            maxAge: later
            members:
            - name: A
              namespace: B
            - name: b
              kubeconfig: none
              headroom: {cpu: -1, memory: x}
              tolerations: [{operator: Exists, value: v}, 7]
            """);

    assertThat(faults)
        .extracting(fault -> fault.substring(0, fault.indexOf(':')))
        .containsExactly(
            "maxAge",
            "node.name",
            "node.labels.a",
            "node.taints[0].effect",
            "node.colour",
            "primary.kubeconfig",
            "maxAge",
            "members[0].name",
            "members[0].namespace",
            "members[1].kubeconfig",
            "members[1].tolerations[0]",
            "members[1].tolerations[1]",
            "members[1].headroom.cpu",
            "members[1].headroom.memory");
  }

  private List<String> faults(String yaml) throws Exception {
    var file = Files.writeString(directory.resolve("vnode.yaml"), yaml);
    var exception =
        catchThrowableOfType(ConfigurationException.class, () -> ConfigurationFile.read(file));
    assertThat(exception).as("the file is accepted").isNotNull();
    var faults = new ArrayList<String>();
    for (var fault : exception.faults()) {
      faults.add(fault.replace(directory.toString(), "DIR"));
    }
    return faults;
  }

  private static Arguments file(String yaml, String... faults) {
    return Arguments.of(yaml, List.of(faults));
  }

  private static String node(String property) {
    return "node: {name: grid, " + property + "}\n" + NO_MEMBERS;
  }

  private static String placement(String property) {
    return NODE + NO_MEMBERS + "placement: {" + property + "}\n";
  }

  private static String members(String... members) {
    return NODE + "members: [" + String.join(", ", members) + "]\n";
  }
}
