package io.virtualnode.kubernetes.chaos;

import java.util.Optional;
import java.util.regex.Pattern;

/** The API writes of a pod's life, known by their requests. */
public enum PodWrite {
  /** In the primary: which the delegate is, stored before it is started. */
  INTENT,
  /** In the primary: the proxy runs. */
  RUNNING,
  /** In the primary: the proxy has ended. */
  END,
  /** In the primary: a proxy of which nothing is left goes. */
  FINAL_DELETE,
  /** In a member: the delegate comes. */
  CREATE,
  /** In a member: the delegate is started. */
  START,
  /** In a member: the delegate is to go. */
  DELETE,
  /** In a member: the delegate, which has found no node, is not to go without a trace. */
  MARK,
  /** In a member: the delegate is to go if it has found no node. */
  TAKE_BACK,
  /** In a member: nobody has to know any more of the delegate that was taken back. */
  LET_GO;

  private static final Pattern PODS = Pattern.compile("/api/v1/namespaces/[^/]+/pods");
  private static final Pattern POD = Pattern.compile(PODS + "/[^/]+");
  private static final Pattern POD_STATUS = Pattern.compile(POD + "/status");
  private static final Pattern ENDED = Pattern.compile("\"phase\":\"(Succeeded|Failed)\"");

  /** What a request to the primary writes of a pod; empty if it writes nothing of one. */
  static Optional<PodWrite> inPrimary(String method, String path, String body) {
    if (method.equals("DELETE") && POD.matcher(path).matches()) {
      return Optional.of(FINAL_DELETE);
    }
    if (!method.equals("PATCH") || !POD_STATUS.matcher(path).matches()) {
      return Optional.empty();
    }
    if (ENDED.matcher(body).find()) {
      return Optional.of(END);
    }
    if (body.contains("\"phase\":\"Running\"")) {
      return Optional.of(RUNNING);
    }
    return body.contains("\"virtualnode.io/Delegate\"") ? Optional.of(INTENT) : Optional.empty();
  }

  /** What a request to a member writes of a delegate; empty if it writes nothing of one. */
  public static Optional<PodWrite> inMember(String method, String path, String body) {
    if (method.equals("POST") && PODS.matcher(path).matches()) {
      return Optional.of(CREATE);
    }
    if (method.equals("PATCH") && POD.matcher(path).matches()) {
      boolean ofMark = body.contains("\"virtualnode.io/taken-back\"");
      return Optional.of(ofMark ? body.contains("\"$delete") ? LET_GO : MARK : START);
    }
    if (method.equals("DELETE") && POD.matcher(path).matches()) {
      return Optional.of(body.contains("\"resourceVersion\"") ? TAKE_BACK : DELETE);
    }
    return Optional.empty();
  }
}
