package io.virtualnode.node;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.File;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The API server of the tests. */
final class Primary {

  private Primary() {}

  static KubernetesClient client() {
    return ApiClients.client(Config.fromKubeconfig(new File("/tmp/vn-smoke/kubeconfig")));
  }

  /** How many requests of a kind the API server has answered, by its own count. */
  static long requests(KubernetesClient client, String verb, String resource, String subresource) {
    Pattern line = Pattern.compile("^apiserver_request_total\\{(.*)\\} (\\S+)$", Pattern.MULTILINE);
    Matcher matcher = line.matcher(client.raw("/metrics"));
    double sum = 0;
    while (matcher.find()) {
      String labels = matcher.group(1);
      if (labels.contains("verb=\"" + verb + "\"")
          && labels.contains("resource=\"" + resource + "\"")
          && labels.contains("subresource=\"" + subresource + "\"")) {
        sum += Double.parseDouble(matcher.group(2));
      }
    }
    return (long) sum;
  }
}
