package io.virtualnode.kubernetes.delegate;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PreferredSchedulingTerm;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.virtualnode.api.PodKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DelegatePodTest {

  private static final Ownership OWNERSHIP = new Ownership("primary-1", "vnode");
  private static final Intent INTENT = new Intent("cern", "cluster-1", 0, "n1");
  private static final MemberNamespace GRID =
      new MemberNamespace("grid", Optional.of("namespace-1"));
  private final DelegatePod translation =
      new DelegatePod(
          OWNERSHIP,
          Map.of("type", "virtual-node", "kubernetes.io/os", "linux", "site", "cern"),
          Set.of("virtualnode.io/taint"));

  @Nested
  class Harvester {

    /** As PanDA Harvester submits it and a primary of today completes it. */
    private static final String PROXY =
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: grid-job-4711-abcde
          namespace: harvester
          uid: 11111111-2222-3333-4444-555555555555
          resourceVersion: "42"
          generation: 3
          creationTimestamp: "2026-01-02T03:04:05Z"
          deletionTimestamp: "2026-01-02T04:04:05Z"
          deletionGracePeriodSeconds: 30
          generateName: grid-job-4711-
          selfLink: /x
          labels: {app: harvester, batch.kubernetes.io/job-name: grid-job-4711}
          annotations:
            kubectl.kubernetes.io/last-applied-configuration: "{}"
            panda: "4711"
          finalizers: [batch.kubernetes.io/job-tracking]
          ownerReferences:
          - {apiVersion: batch/v1, kind: Job, name: grid-job-4711, uid: u1, controller: true}
          managedFields:
          - {manager: kube-controller-manager}
        spec:
          nodeName: vnode
          restartPolicy: Never
          activeDeadlineSeconds: 345600
          terminationGracePeriodSeconds: 60
          priority: 1000
          priorityClassName: grid
          preemptionPolicy: Never
          schedulerName: default-scheduler
          serviceAccount: harvester
          serviceAccountName: harvester
          enableServiceLinks: true
          dnsPolicy: ClusterFirst
          overhead: {cpu: 250m}
          runtimeClassName: kata
          schedulingGates: [{name: wait}]
          imagePullSecrets: [{name: registry}]
          securityContext: {runAsUser: 1000, fsGroup: 1000}
          topologySpreadConstraints:
          - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}
          nodeSelector: {type: virtual-node, disk: ssd}
          tolerations:
          - {key: virtualnode.io/taint, operator: Exists, effect: NoSchedule}
          - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
          - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
          - {key: grid, operator: Exists}
          initContainers:
          - name: stage-in
            image: stage:1
            volumeMounts:
            - {name: kube-api-access-x1y2z, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
            - {name: work, mountPath: /work}
          - name: monitor
            image: monitor:1
            restartPolicy: Always
          containers:
          - name: pilot
            image: atlas:1
            command: [/bin/sh, -c]
            args: ["run"]
            env:
            - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            envFrom: [{secretRef: {name: proxy}}]
            ports: [{containerPort: 80}]
            resources: {requests: {cpu: "8", memory: 16Gi}, limits: {memory: 16Gi}}
            livenessProbe: {exec: {command: [alive]}}
            lifecycle: {preStop: {exec: {command: [bye]}}}
            securityContext: {privileged: false}
            volumeMounts:
            - {name: cvmfs, mountPath: /cvmfs}
            - {name: kube-api-access-x1y2z, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
          volumes:
          - {name: cvmfs, hostPath: {path: /cvmfs}}
          - {name: work, emptyDir: {sizeLimit: 10Gi}}
          - {name: proxy, secret: {secretName: proxy}}
          - name: kube-api-access-x1y2z
            projected: {sources: [{serviceAccountToken: {path: token}}]}
        status:
          phase: Pending
        """;

    private static final String DELEGATE =
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: NAME
          namespace: grid
          labels:
            app: harvester
            batch.kubernetes.io/job-name: grid-job-4711
            virtualnode.io/primary: primary-1
            virtualnode.io/node: vnode
            virtualnode.io/proxy-uid: 11111111-2222-3333-4444-555555555555
          annotations:
            panda: "4711"
            virtualnode.io/proxy: harvester/grid-job-4711-abcde
          ownerReferences:
          - {apiVersion: v1, kind: Namespace, name: grid, uid: namespace-1, controller: true}
        spec:
          schedulingGates: [{name: virtualnode.io/start}]
          hostname: grid-job-4711-abcde
          restartPolicy: Never
          activeDeadlineSeconds: 345600
          terminationGracePeriodSeconds: 60
          automountServiceAccountToken: false
          enableServiceLinks: true
          dnsPolicy: ClusterFirst
          runtimeClassName: kata
          imagePullSecrets: [{name: registry}]
          securityContext: {runAsUser: 1000, fsGroup: 1000}
          topologySpreadConstraints:
          - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}
          nodeSelector: {disk: ssd}
          affinity:
            nodeAffinity:
              preferredDuringSchedulingIgnoredDuringExecution:
              - weight: 100
                preference:
                  matchFields:
                  - {key: metadata.name, operator: In, values: [n1]}
          tolerations:
          - {key: grid, operator: Exists}
          initContainers:
          - name: stage-in
            image: stage:1
            volumeMounts:
            - {name: work, mountPath: /work}
          - name: monitor
            image: monitor:1
            restartPolicy: Always
          containers:
          - name: pilot
            image: atlas:1
            command: [/bin/sh, -c]
            args: ["run"]
            env:
            - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            envFrom: [{secretRef: {name: proxy}}]
            ports: [{containerPort: 80}]
            resources: {requests: {cpu: "8", memory: 16Gi}, limits: {memory: 16Gi}}
            livenessProbe: {exec: {command: [alive]}}
            lifecycle: {preStop: {exec: {command: [bye]}}}
            securityContext: {privileged: false}
            volumeMounts:
            - {name: cvmfs, mountPath: /cvmfs}
          volumes:
          - {name: cvmfs, hostPath: {path: /cvmfs}}
          - {name: work, emptyDir: {sizeLimit: 10Gi}}
          - {name: proxy, secret: {secretName: proxy}}
        """;

    private final Pod proxy = Serialization.unmarshal(PROXY, Pod.class);

    @DisplayName("grid_job_becomes_its_delegate_with_nothing_lost_and_nothing_of_the_primary_left")
    @Test
    void whole() {
      var expected =
          Serialization.unmarshal(
              DELEGATE.replace("NAME", INTENT.delegateName(PodKey.of(proxy))), Pod.class);
      var delegate = translation.translate(proxy, INTENT, false, GRID, Map.of(), List.of());
      // Written and read again: what is empty and what is missing are one to an API server.
      assertThat(Serialization.unmarshal(Serialization.asYaml(delegate), Pod.class))
          .isEqualTo(expected);
    }

    @DisplayName("proxy_is_not_changed_when_it_is_translated")
    @Test
    void notMutated() {
      translation.translate(
          proxy,
          INTENT,
          false,
          GRID,
          Map.of("a", "b"),
          List.of(toleration("k", "NoSchedule", null)));
      assertThat(proxy).isEqualTo(Serialization.unmarshal(PROXY, Pod.class));
    }

    @DisplayName("delegate_is_the_same_when_it_is_translated_again")
    @Test
    void repeatable() {
      assertThat(translation.translate(proxy, INTENT, false, GRID, Map.of(), List.of()))
          .isEqualTo(translation.translate(proxy, INTENT, false, GRID, Map.of(), List.of()));
    }

    @DisplayName("delegate_has_no_owner_where_the_namespace_may_not_be_read")
    @Test
    void noOwner() {
      var unseen = new MemberNamespace("grid", Optional.empty());
      var delegate = translation.translate(proxy, INTENT, false, unseen, Map.of(), List.of());
      assertThat(delegate.getMetadata().getOwnerReferences()).isEmpty();
    }

    @DisplayName("delegate_is_recognized_as_ours")
    @Test
    void ours() {
      assertThat(
              OWNERSHIP.proxyOf(
                  translation.translate(proxy, INTENT, false, GRID, Map.of(), List.of())))
          .contains(PodKey.of(proxy));
    }
  }

  @Nested
  class Marks {

    @DisplayName("marks_of_another_virtual_node_are_replaced_when_the_proxy_is_itself_a_delegate")
    @Test
    void chained() {
      var proxy = proxy(spec -> spec);
      proxy.getMetadata().setLabels(Map.of(Ownership.NODE, "outer", "app", "x"));
      proxy.getMetadata().setAnnotations(Map.of(Ownership.PROXY, "far/away"));
      var metadata = translate(proxy).getMetadata();
      assertThat(metadata.getLabels())
          .containsEntry(Ownership.NODE, "vnode")
          .containsEntry("app", "x");
      assertThat(metadata.getAnnotations()).containsEntry(Ownership.PROXY, "grid/job");
    }
  }

  @Nested
  class Hostname {

    @DisplayName("hostname_is_what_a_kubelet_would_have_made_of_the_proxys_name")
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
      "job, job",
      "a.b, a-b",
      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123,"
          + " aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123",
      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234,"
          + " aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff123",
      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1--4,"
          + " aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1",
      "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12.4,"
          + " aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12",
    })
    void ofName(String name, String hostname) {
      var proxy = proxy(spec -> spec);
      proxy.getMetadata().setName(name);
      assertThat(translate(proxy).getSpec().getHostname()).isEqualTo(hostname);
    }

    @DisplayName("hostname_that_the_proxy_sets_stays")
    @Test
    void set() {
      assertThat(translated(spec -> spec.withHostname("db-0")).getHostname()).isEqualTo("db-0");
      assertThat(translated(spec -> spec.withHostname("")).getHostname()).isEqualTo("job");
    }
  }

  @Nested
  class Tokens {

    @DisplayName("only_the_default_projected_token_volume_goes")
    @Test
    void volumes() {
      var spec =
          translated(
              builder ->
                  builder
                      .addNewVolume()
                      .withName("kube-api-access-abcde")
                      .withNewProjected()
                      .endProjected()
                      .endVolume()
                      .addNewVolume()
                      .withName("kube-api-access-mine")
                      .withNewEmptyDir()
                      .endEmptyDir()
                      .endVolume()
                      .addNewVolume()
                      .withName("token")
                      .withNewProjected()
                      .endProjected()
                      .endVolume());
      assertThat(spec.getVolumes())
          .extracting(volume -> volume.getName())
          .containsExactly("kube-api-access-mine", "token");
    }

    @DisplayName("no_token_of_the_member_is_mounted_whatever_the_proxy_asked_for")
    @Test
    void noAutomount() {
      assertThat(
              translated(spec -> spec.withAutomountServiceAccountToken(true))
                  .getAutomountServiceAccountToken())
          .isFalse();
    }
  }

  @Nested
  class Tolerations {

    @DisplayName(
        "tolerations_meant_for_the_virtual_node_or_added_by_admission_go_and_all_others_stay")
    @Test
    void tolerations() {
      var everything = new TolerationBuilder().withOperator("Exists").build();
      var patient = toleration("node.kubernetes.io/unreachable", "NoExecute", 60L);
      var noSchedule = toleration("node.kubernetes.io/not-ready", "NoSchedule", null);
      var disk = toleration("node.kubernetes.io/disk-pressure", "NoExecute", 300L);
      var grid = toleration("grid", "NoExecute", 300L);
      assertThat(
              tolerationsOf(
                  List.of(),
                  toleration("virtualnode.io/taint", "NoSchedule", null),
                  toleration("node.kubernetes.io/not-ready", "NoExecute", 300L),
                  toleration("node.kubernetes.io/unreachable", "NoExecute", 300L),
                  toleration("node.kubernetes.io/not-ready", "NoExecute", null),
                  toleration("node.kubernetes.io/unreachable", "NoExecute", null),
                  everything,
                  patient,
                  noSchedule,
                  disk,
                  grid))
          .containsExactly(everything, patient, noSchedule, disk, grid);
    }

    @DisplayName("members_tolerations_are_added_once")
    @Test
    void members() {
      var grid = toleration("grid", "NoSchedule", null);
      var own = toleration("own", "NoSchedule", null);
      assertThat(tolerationsOf(List.of(grid, own), own)).containsExactly(own, grid);
      var ours = toleration("virtualnode.io/taint", "NoSchedule", null);
      assertThat(tolerationsOf(List.of(ours), ours)).containsExactly(ours);
    }

    @DisplayName("proxy_without_tolerations_gets_the_members")
    @Test
    void none() {
      var proxy = proxy(spec -> spec);
      proxy.getSpec().setTolerations(null);
      var grid = toleration("grid", "NoSchedule", null);
      assertThat(
              translation
                  .translate(proxy, INTENT, false, GRID, Map.of(), List.of(grid))
                  .getSpec()
                  .getTolerations())
          .containsExactly(grid);
    }

    private List<Toleration> tolerationsOf(List<Toleration> members, Toleration... proxys) {
      var proxy = proxy(spec -> spec.withTolerations(proxys));
      return translation
          .translate(proxy, INTENT, false, GRID, Map.of(), members)
          .getSpec()
          .getTolerations();
    }
  }

  @Nested
  class Selectors {

    @DisplayName("selector_meant_for_the_virtual_node_goes_and_the_members_comes")
    @Test
    void nodeSelector() {
      var proxy =
          proxy(
              spec ->
                  spec.addToNodeSelector("type", "virtual-node")
                      .addToNodeSelector("site", "cern")
                      .addToNodeSelector("kubernetes.io/hostname", "vnode")
                      .addToNodeSelector("virtualnode.io/queue", "grid")
                      .addToNodeSelector("kubernetes.io/os", "linux")
                      .addToNodeSelector("kubernetes.io/arch", "amd64")
                      .addToNodeSelector("pool", "any")
                      .addToNodeSelector("disk", "ssd"));
      var delegate =
          translation.translate(proxy, INTENT, false, GRID, Map.of("pool", "batch"), List.of());
      assertThat(delegate.getSpec().getNodeSelector())
          .isEqualTo(
              Map.of(
                  "kubernetes.io/os",
                  "linux",
                  "kubernetes.io/arch",
                  "amd64",
                  "pool",
                  "batch",
                  "disk",
                  "ssd"));
    }

    @DisplayName("required_affinity_keeps_what_is_meant_for_the_members_nodes")
    @Test
    void required() {
      var mixed = term("type", "In", "virtual-node");
      mixed.setMatchExpressions(
          List.of(expression("type", "In", "virtual-node"), expression("disk", "In", "ssd")));
      assertThat(required(mixed)).containsExactly(term("disk", "In", "ssd"));
      assertThat(required(term("zone", "In", "z1"), mixed))
          .containsExactly(term("zone", "In", "z1"), term("disk", "In", "ssd"));
    }

    @DisplayName("required_affinity_goes_when_one_of_its_terms_asked_only_for_the_virtual_node")
    @Test
    void satisfied() {
      assertThat(required(term("type", "In", "virtual-node"), term("zone", "In", "z1"))).isNull();
      var byName =
          new NodeSelectorTermBuilder()
              .withMatchFields(expression("metadata.name", "In", "vnode"))
              .build();
      assertThat(required(byName)).isNull();
    }

    @DisplayName("term_that_matches_nothing_still_matches_nothing")
    @Test
    void emptyTerm() {
      assertThat(required(new NodeSelectorTerm())).containsExactly(new NodeSelectorTerm());
    }

    @Test
    @DisplayName(
        "pinned_delegate_requires_its_node_in_every_term_and_keeps_what_it_required_before")
    void pinned() {
      var asking =
          proxy(
              spec ->
                  spec.withNewAffinity()
                      .withNewNodeAffinity()
                      .withNewRequiredDuringSchedulingIgnoredDuringExecution()
                      .withNodeSelectorTerms(term("zone", "In", "z1"), term("disk", "In", "ssd"))
                      .endRequiredDuringSchedulingIgnoredDuringExecution()
                      .endNodeAffinity()
                      .endAffinity());
      assertThat(pinned(asking))
          .containsExactly(named(term("zone", "In", "z1")), named(term("disk", "In", "ssd")));
      assertThat(pinned(proxy(spec -> spec))).containsExactly(named(new NodeSelectorTerm()));
    }

    private List<NodeSelectorTerm> pinned(Pod proxy) {
      return translation
          .translate(proxy, INTENT, true, GRID, Map.of(), List.of())
          .getSpec()
          .getAffinity()
          .getNodeAffinity()
          .getRequiredDuringSchedulingIgnoredDuringExecution()
          .getNodeSelectorTerms();
    }

    private static NodeSelectorTerm named(NodeSelectorTerm term) {
      return new NodeSelectorTermBuilder(term)
          .withMatchFields(expression("metadata.name", "In", "n1"))
          .build();
    }

    @DisplayName("preferences_keep_what_is_meant_for_the_members_nodes_and_the_chosen_one_is_added")
    @Test
    void preferred() {
      var mixed = term("type", "In", "virtual-node");
      mixed.setMatchExpressions(
          List.of(expression("type", "In", "virtual-node"), expression("disk", "In", "ssd")));
      var spec =
          translated(
              builder ->
                  builder
                      .withNewAffinity()
                      .withNewNodeAffinity()
                      .withPreferredDuringSchedulingIgnoredDuringExecution(
                          new PreferredSchedulingTerm(term("site", "In", "cern"), 5),
                          new PreferredSchedulingTerm(mixed, 6),
                          new PreferredSchedulingTerm(term("zone", "In", "z1"), 7))
                      .endNodeAffinity()
                      .endAffinity());
      var chosen =
          new NodeSelectorTermBuilder()
              .withMatchFields(expression("metadata.name", "In", "n1"))
              .build();
      assertThat(
              spec.getAffinity()
                  .getNodeAffinity()
                  .getPreferredDuringSchedulingIgnoredDuringExecution())
          .containsExactly(
              new PreferredSchedulingTerm(term("disk", "In", "ssd"), 6),
              new PreferredSchedulingTerm(term("zone", "In", "z1"), 7),
              new PreferredSchedulingTerm(chosen, 100));
    }

    @DisplayName("affinity_to_other_pods_stays")
    @Test
    void podAffinity() {
      var spec =
          translated(
              builder ->
                  builder
                      .withNewAffinity()
                      .withNewPodAntiAffinity()
                      .addNewRequiredDuringSchedulingIgnoredDuringExecution()
                      .withTopologyKey("kubernetes.io/hostname")
                      .endRequiredDuringSchedulingIgnoredDuringExecution()
                      .endPodAntiAffinity()
                      .endAffinity());
      assertThat(
              spec.getAffinity()
                  .getPodAntiAffinity()
                  .getRequiredDuringSchedulingIgnoredDuringExecution())
          .singleElement()
          .satisfies(term -> assertThat(term.getTopologyKey()).isEqualTo("kubernetes.io/hostname"));
    }

    @DisplayName("constraints_for_placement_are_the_proxys_own_less_those_for_the_virtual_node")
    @Test
    void memberConstraints() {
      var proxy =
          proxy(
              spec ->
                  spec.addToNodeSelector("type", "virtual-node")
                      .addToNodeSelector("disk", "ssd")
                      .withNewAffinity()
                      .withNewNodeAffinity()
                      .withNewRequiredDuringSchedulingIgnoredDuringExecution()
                      .withNodeSelectorTerms(term("zone", "In", "z1"))
                      .endRequiredDuringSchedulingIgnoredDuringExecution()
                      .endNodeAffinity()
                      .endAffinity());
      var constraints = translation.memberConstraints(proxy.getSpec());
      assertThat(constraints.getNodeSelector()).isEqualTo(Map.of("disk", "ssd"));
      assertThat(
              constraints
                  .getAffinity()
                  .getNodeAffinity()
                  .getRequiredDuringSchedulingIgnoredDuringExecution()
                  .getNodeSelectorTerms())
          .containsExactly(term("zone", "In", "z1"));
      assertThat(translation.memberConstraints(proxy(spec -> spec).getSpec()).getAffinity())
          .isNull();
    }

    private @Nullable List<NodeSelectorTerm> required(NodeSelectorTerm... terms) {
      var required =
          translated(
                  builder ->
                      builder
                          .withNewAffinity()
                          .withNewNodeAffinity()
                          .withNewRequiredDuringSchedulingIgnoredDuringExecution()
                          .withNodeSelectorTerms(terms)
                          .endRequiredDuringSchedulingIgnoredDuringExecution()
                          .endNodeAffinity()
                          .endAffinity())
              .getAffinity()
              .getNodeAffinity()
              .getRequiredDuringSchedulingIgnoredDuringExecution();
      return required == null ? null : required.getNodeSelectorTerms();
    }
  }

  private PodSpec translated(UnaryOperator<PodSpecBuilder> spec) {
    return translate(proxy(spec)).getSpec();
  }

  private Pod translate(Pod proxy) {
    return translation.translate(proxy, INTENT, false, GRID, Map.of(), List.of());
  }

  private static Pod proxy(UnaryOperator<PodSpecBuilder> spec) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("grid")
        .withName("job")
        .withUid("uid-1")
        .endMetadata()
        .withSpec(spec.apply(new PodSpecBuilder()).build())
        .build();
  }

  private static Toleration toleration(String key, String effect, @Nullable Long seconds) {
    return new TolerationBuilder()
        .withKey(key)
        .withOperator("Exists")
        .withEffect(effect)
        .withTolerationSeconds(seconds)
        .build();
  }

  private static NodeSelectorTerm term(String key, String operator, String value) {
    return new NodeSelectorTermBuilder()
        .withMatchExpressions(expression(key, operator, value))
        .build();
  }

  private static NodeSelectorRequirement expression(String key, String operator, String value) {
    return new NodeSelectorRequirement(key, operator, List.of(value));
  }
}
