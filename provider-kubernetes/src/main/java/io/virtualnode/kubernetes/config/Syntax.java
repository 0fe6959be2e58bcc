package io.virtualnode.kubernetes.config;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The rules that Kubernetes has for names, labels, taints, tolerations and quantities, so that a
 * value an API server would refuse is refused here. Each rule returns what is wrong, or nothing.
 *
 * <p>Sources: {@code apimachinery/pkg/util/validation}, {@code pkg/apis/core/validation}, {@code
 * apimachinery/pkg/api/resource}.
 */
final class Syntax {

  static final List<String> TAINT_EFFECTS = List.of("NoSchedule", "PreferNoSchedule", "NoExecute");
  static final List<String> OPERATORS = List.of("Equal", "Exists");

  private static final int LABEL_LENGTH = 63;
  private static final int SUBDOMAIN_LENGTH = 253;
  private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
  private static final Pattern DNS_LABEL = Pattern.compile(LABEL);
  private static final Pattern DNS_SUBDOMAIN = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
  private static final Pattern QUANTITY =
      Pattern.compile(
          "[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)"
              + "(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?[0-9]{1,2})?");

  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  private Syntax() {}

  static Optional<String> dnsLabel(String value) {
    return value.length() <= LABEL_LENGTH && DNS_LABEL.matcher(value).matches()
        ? Optional.empty()
        : Optional.of(
            quote(value)
                + " is not a DNS label (at most 63 of a-z, 0-9 and -, with a letter or digit at"
                + " both ends)");
  }

  /** A node's name is a DNS subdomain; it is also the value of labels, hence its length. */
  static Optional<String> nodeName(String value) {
    return value.length() <= LABEL_LENGTH && DNS_SUBDOMAIN.matcher(value).matches()
        ? Optional.empty()
        : Optional.of(
            quote(value)
                + " is not a node name (at most 63 of a-z, 0-9, - and ., with a letter or digit at"
                + " both ends of each part)");
  }

  static Optional<String> labelKey(String key) {
    var slash = key.indexOf('/');
    var prefix = key.substring(0, Math.max(slash, 0));
    var name = key.substring(slash + 1);
    var prefixFits =
        slash < 0
            || (prefix.length() <= SUBDOMAIN_LENGTH && DNS_SUBDOMAIN.matcher(prefix).matches());
    return prefixFits && name.length() <= LABEL_LENGTH && NAME.matcher(name).matches()
        ? Optional.empty()
        : Optional.of(quote(key) + " is not a qualified name (such as example.org/name)");
  }

  static Optional<String> labelValue(String value) {
    return value.isEmpty() || (value.length() <= LABEL_LENGTH && NAME.matcher(value).matches())
        ? Optional.empty()
        : Optional.of(
            quote(value)
                + " is not a label value (at most 63 of letters, digits, -, _ and ., with a letter"
                + " or digit at both ends)");
  }

  static Optional<String> quantity(String value) {
    return QUANTITY.matcher(value).matches()
        ? Optional.empty()
        : Optional.of(quote(value) + " is not a quantity (such as 500m, 4 or 16Gi)");
  }

  /** Where a quantity is an amount of something, it cannot be below zero. */
  static Optional<String> amount(Quantity value) {
    return value.getNumericalAmount().signum() < 0
        ? Optional.of(quote(value.toString()) + " is negative")
        : Optional.empty();
  }

  static Optional<String> taintEffect(String value) {
    return TAINT_EFFECTS.contains(value)
        ? Optional.empty()
        : Optional.of(oneOf(value, TAINT_EFFECTS));
  }

  /** The first thing wrong with a whole taint. */
  static Optional<String> taint(Taint taint) {
    if (taint.getKey() == null) {
      return Optional.of("a taint has no key");
    }
    if (!TAINT_EFFECTS.contains(taint.getEffect())) {
      return Optional.of(oneOf(String.valueOf(taint.getEffect()), TAINT_EFFECTS));
    }
    return labelKey(taint.getKey())
        .or(() -> taint.getValue() == null ? Optional.empty() : labelValue(taint.getValue()));
  }

  /** The first thing wrong with a whole toleration. */
  static Optional<String> toleration(Toleration toleration) {
    var operator = toleration.getOperator() == null ? "Equal" : toleration.getOperator();
    var key = toleration.getKey() == null ? "" : toleration.getKey();
    var value = toleration.getValue() == null ? "" : toleration.getValue();
    if (!OPERATORS.contains(operator)) {
      return Optional.of(oneOf(operator, OPERATORS));
    }
    if (toleration.getEffect() != null && !TAINT_EFFECTS.contains(toleration.getEffect())) {
      return Optional.of(oneOf(toleration.getEffect(), TAINT_EFFECTS));
    }
    if (operator.equals("Exists") && !value.isEmpty()) {
      return Optional.of("operator Exists takes no value");
    }
    if (operator.equals("Equal") && key.isEmpty()) {
      return Optional.of("operator Equal needs a key");
    }
    return (key.isEmpty() ? Optional.<String>empty() : labelKey(key)).or(() -> labelValue(value));
  }

  /** Only literals: a name would have to be looked up. */
  static Optional<String> ip(String value) {
    var literal = IPV4.matcher(value).matches() || IPV6.matcher(value).matches();
    try {
      if (literal && InetAddress.getByName(value) != null) {
        return Optional.empty();
      }
    } catch (UnknownHostException e) {
      // Falls through: has the letters of an address but is none.
    }
    return Optional.of(quote(value) + " is not an IP address");
  }

  static String oneOf(String value, List<String> allowed) {
    return quote(value) + " is not one of " + String.join(", ", allowed);
  }

  static String quote(String value) {
    return "\"" + value + "\"";
  }

  /** For constructors: what is wrong becomes an exception. */
  static void check(String what, Optional<String> fault) {
    if (fault.isPresent()) {
      throw new IllegalArgumentException(what + ": " + fault.get());
    }
  }
}
