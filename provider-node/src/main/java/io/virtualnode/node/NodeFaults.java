package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Taint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds what an API server would refuse in a Node, all at once ({@code
 * k8s.io/apimachinery/pkg/util/validation}).
 */
final class NodeFaults {

  private static final int NAME_LIMIT = 63; // it is also the value of a label
  private static final int SUBDOMAIN_LIMIT = 253;
  private static final int WORD_LIMIT = 63;
  private static final int PORT_LIMIT = 65535;
  private static final Set<String> EFFECTS = Set.of("NoSchedule", "PreferNoSchedule", "NoExecute");
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
  private static final Pattern IP_LITERAL =
      Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

  private final List<String> faults = new ArrayList<>();

  List<String> found() {
    return List.copyOf(faults);
  }

  NodeFaults name(String name) {
    if (name.isEmpty()) {
      faults.add("name: a node must have one");
    } else if (name.length() > NAME_LIMIT || !isSubdomain(name)) {
      faults.add("name: is no DNS subdomain of at most " + NAME_LIMIT + " characters: " + name);
    }
    return this;
  }

  NodeFaults labels(String place, Map<String, String> labels) {
    labels.forEach(
        (key, value) -> {
          qualified(place, key);
          labelValue(place + "[" + key + "]", value);
        });
    return this;
  }

  NodeFaults annotations(Map<String, String> annotations) {
    annotations.keySet().forEach(key -> qualified("annotations", key));
    return this;
  }

  NodeFaults taints(List<Taint> taints) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < taints.size(); i++) {
      Taint taint = taints.get(i);
      String place = "taints[" + i + "]";
      qualified(place + ".key", taint.getKey());
      if (taint.getValue() != null) {
        labelValue(place + ".value", taint.getValue());
      }
      if (taint.getEffect() == null || !EFFECTS.contains(taint.getEffect())) {
        faults.add(
            place
                + ".effect: is none of NoSchedule, PreferNoSchedule and NoExecute: "
                + taint.getEffect());
      }
      if (!seen.add(taint.getKey() + ":" + taint.getEffect())) {
        faults.add(
            place + ": a second taint of key " + taint.getKey() + ", effect " + taint.getEffect());
      }
    }
    return this;
  }

  NodeFaults addresses(List<NodeAddress> addresses) {
    addresses.stream()
        .filter(address -> address.getType() != null && address.getType().endsWith("IP"))
        .filter(address -> !isIp(address.getAddress()))
        .forEach(address -> faults.add(address.getType() + ": is no IP: " + address.getAddress()));
    return this;
  }

  NodeFaults port(OptionalInt port) {
    if (port.isPresent() && (port.getAsInt() < 1 || port.getAsInt() > PORT_LIMIT)) {
      faults.add("kubeletPort: is not from 1 to " + PORT_LIMIT + ": " + port.getAsInt());
    }
    return this;
  }

  NodeFaults labelValue(String place, String value) {
    if (!value.isEmpty() && (value.length() > WORD_LIMIT || !WORD.matcher(value).matches())) {
      faults.add(
          place
              + ": is no label value (at most 63 letters, digits, '-', '_', '.', the first and the"
              + " last a letter or digit): "
              + value);
    }
    return this;
  }

  private void qualified(String place, @Nullable String key) {
    String whole = key == null ? "" : key;
    int slash = whole.indexOf('/');
    String prefix = whole.substring(0, Math.max(slash, 0));
    String word = whole.substring(slash + 1);
    boolean prefixFits = slash < 0 || isSubdomain(prefix);
    if (!prefixFits || word.length() > WORD_LIMIT || !WORD.matcher(word).matches()) {
      faults.add(place + ": is no qualified name (such as example.com/name): " + whole);
    }
  }

  /** Whether it is what most objects may be named. */
  static boolean isSubdomain(String name) {
    return name.length() <= SUBDOMAIN_LIMIT && SUBDOMAIN.matcher(name).matches();
  }

  private static boolean isIp(@Nullable String text) {
    if (text == null || !IP_LITERAL.matcher(text).matches()) {
      return false;
    }
    try {
      InetAddress.getByName(text); // a literal: nothing is looked up
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
