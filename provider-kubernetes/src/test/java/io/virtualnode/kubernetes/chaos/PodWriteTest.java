package io.virtualnode.kubernetes.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a write of a pod's life is known by its request")
class PodWriteTest {

  private static final String PODS = "/api/v1/namespaces/default/pods";
  private static final String POD = PODS + "/p";
  private static final String STATUS = POD + "/status";

  @Test
  @DisplayName("to the primary")
  void in_the_primary() {
    var intent = "{'status':{'conditions':[{'type':'virtualnode.io/Delegate'}]}}";
    assertThat(inPrimary("PATCH", STATUS, intent)).contains(PodWrite.INTENT);
    var running =
        "{'status':{'conditions':[{'type':'virtualnode.io/Delegate'}],'phase':'Running'}}";
    assertThat(inPrimary("PATCH", STATUS, running)).contains(PodWrite.RUNNING);
    var failed = "{'status':{'phase':'Failed'}}";
    assertThat(inPrimary("PATCH", STATUS, failed)).contains(PodWrite.END);
    assertThat(inPrimary("PATCH", STATUS, "{'status':{'phase':'Succeeded'}}"))
        .contains(PodWrite.END);
    assertThat(inPrimary("DELETE", POD, "{'preconditions':{'uid':'u'}}"))
        .contains(PodWrite.FINAL_DELETE);

    assertThat(inPrimary("PATCH", STATUS, "{'status':{'reason':'WaitingForSlot'}}")).isEmpty();
    assertThat(inPrimary("PATCH", POD, failed)).isEmpty();
    assertThat(inPrimary("PATCH", "/api/v1/nodes/vnode/status", failed)).isEmpty();
    assertThat(inPrimary("GET", POD, "")).isEmpty();
  }

  @Test
  @DisplayName("to a member")
  void in_a_member() {
    assertThat(inMember("POST", PODS, "{'labels':{'virtualnode.io/proxy-uid':'u'}}"))
        .contains(PodWrite.CREATE);
    assertThat(inMember("PATCH", POD, "{'spec':{'schedulingGates':[{'$patch':'delete'}]}}"))
        .contains(PodWrite.START);
    var mark = "{'metadata':{'finalizers':['virtualnode.io/taken-back'],'resourceVersion':'7'}}";
    assertThat(inMember("PATCH", POD, mark)).contains(PodWrite.MARK);
    var letGo =
        "{'metadata':{'$deleteFromPrimitiveList/finalizers':['virtualnode.io/taken-back']}}";
    assertThat(inMember("PATCH", POD, letGo)).contains(PodWrite.LET_GO);
    assertThat(inMember("DELETE", POD, "{'preconditions':{'uid':'u'}}")).contains(PodWrite.DELETE);
    assertThat(inMember("DELETE", POD, "{'preconditions':{'uid':'u','resourceVersion':'7'}}"))
        .contains(PodWrite.TAKE_BACK);

    assertThat(inMember("GET", POD, "")).isEmpty();
    assertThat(inMember("POST", POD + "/binding", "{}")).isEmpty();
  }

  private static Optional<PodWrite> inPrimary(String method, String path, String body) {
    return PodWrite.inPrimary(method, path, body.replace('\'', '"'));
  }

  private static Optional<PodWrite> inMember(String method, String path, String body) {
    return PodWrite.inMember(method, path, body.replace('\'', '"'));
  }
}
