package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.quote;

import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * One mapping of a file while it is read: knows where it stands, takes values out by key, and notes
 * what is wrong instead of throwing. A value that is missing or wrong comes back empty.
 */
final class Section {

  private static final String NEVER = "never";
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9]*");

  private final String path;
  private final Map<String, Tree> entries;
  private final Faults faults;
  private final Set<String> known = new LinkedHashSet<>();

  private Section(String path, Map<String, Tree> entries, Faults faults) {
    this.path = path;
    this.entries = entries;
    this.faults = faults;
  }

  /** The mapping at that path; empty, with a fault, if something else is there. */
  static Optional<Section> of(String path, Tree tree, Faults faults) {
    if (tree instanceof Tree.Mapping mapping) {
      return Optional.of(new Section(path, mapping.entries(), faults));
    }
    faults.add(path, expected("a mapping", tree));
    return Optional.empty();
  }

  /** The path of a key: {@code node.name}, or {@code node.labels["a/b"]} for keys unlike names. */
  static String child(String path, String key) {
    if (!PLAIN.matcher(key).matches()) {
      return path + "[" + quote(key) + "]";
    }
    return path.isEmpty() ? key : path + "." + key;
  }

  String path() {
    return path;
  }

  String path(String key) {
    return child(path, key);
  }

  boolean has(String key) {
    return entries.containsKey(key);
  }

  /** Notes a fault if the key is absent; its value is judged when it is taken. */
  void require(String key) {
    if (!has(key)) {
      faults.add(path(key), "missing");
    }
  }

  /** The string at the key, if the rule finds nothing wrong with it. */
  Optional<String> string(String key, Function<String, Optional<String>> rule) {
    return take(key).flatMap(tree -> string(path(key), tree, rule));
  }

  /** The quantity at the key, as text: YAML may have taken it for a number. */
  Optional<String> quantity(String key) {
    return take(key)
        .flatMap(
            tree -> {
              var text = tree instanceof Tree.Numeral number ? new Tree.Text(number.value()) : tree;
              return string(path(key), text, Syntax::quantity);
            });
  }

  /** The whole number at the key, at least {@code least}. */
  Optional<Integer> integer(String key, int least) {
    return integer(key, least, Integer.MAX_VALUE);
  }

  /** The whole number at the key, if it is within these bounds. */
  Optional<Integer> integer(String key, int least, int most) {
    return take(key)
        .flatMap(
            tree -> {
              if (tree instanceof Tree.Numeral number && number.value().matches("-?[0-9]{1,9}")) {
                var value = Integer.parseInt(number.value());
                if (value >= least && value <= most) {
                  return Optional.of(value);
                }
                faults.add(
                    path(key),
                    value < least
                        ? value + " is less than " + least
                        : value + " is more than " + most);
              } else {
                faults.add(path(key), expected("a whole number", tree));
              }
              return Optional.empty();
            });
  }

  /** {@code true} or {@code false} at the key. */
  Optional<Boolean> bool(String key) {
    return take(key)
        .flatMap(
            tree -> {
              if (tree instanceof Tree.Flag flag) {
                return Optional.of(Boolean.valueOf(flag.value()));
              }
              faults.add(path(key), expected("true or false", tree));
              return Optional.empty();
            });
  }

  /** One of the values at the key, by its name as written in the file. */
  <T> Optional<T> oneOf(String key, Map<String, T> values) {
    return string(
            key,
            name ->
                values.containsKey(name)
                    ? Optional.empty()
                    : Optional.of(Syntax.oneOf(name, List.copyOf(values.keySet()))))
        .map(values::get);
  }

  /** The strings in the list at the key in which the rule finds nothing wrong. */
  Set<String> strings(String key, Function<String, Optional<String>> rule) {
    var values = new LinkedHashSet<String>();
    items(key)
        .ifPresent(
            items -> {
              for (var i = 0; i < items.size(); i++) {
                string(path(key) + "[" + i + "]", items.get(i), rule).ifPresent(values::add);
              }
            });
    return values;
  }

  /** The mapping at the key. */
  Optional<Section> section(String key) {
    return take(key).flatMap(tree -> of(path(key), tree, faults));
  }

  /** The mapping of labels at the key; empty where absent. */
  Map<String, String> labels(String key) {
    var labels = new LinkedHashMap<String, String>();
    section(key)
        .ifPresent(
            section -> {
              for (var label : section.keys()) {
                var keyFits = faults.none(section.path(label), Syntax.labelKey(label));
                var value = section.string(label, Syntax::labelValue);
                if (keyFits && value.isPresent()) {
                  labels.put(label, value.get());
                }
              }
            });
    return labels;
  }

  /** What the function makes of each mapping in the list at the key; empty where absent. */
  <T> Optional<List<T>> list(String key, Function<Section, Optional<T>> item) {
    return items(key)
        .map(
            items -> {
              var values = new ArrayList<T>();
              for (var i = 0; i < items.size(); i++) {
                of(path(key) + "[" + i + "]", items.get(i), faults)
                    .flatMap(item)
                    .ifPresent(values::add);
              }
              return List.copyOf(values);
            });
  }

  private Optional<List<Tree>> items(String key) {
    return take(key)
        .flatMap(
            tree -> {
              if (tree instanceof Tree.Sequence sequence) {
                return Optional.of(sequence.items());
              }
              faults.add(path(key), expected("a list", tree));
              return Optional.empty();
            });
  }

  /** The quantities by resource name at the key, none of them negative; empty where absent. */
  Map<String, Quantity> amounts(String key) {
    var amounts = new LinkedHashMap<String, Quantity>();
    section(key)
        .ifPresent(
            section -> {
              for (var resource : section.keys()) {
                var at = section.path(resource);
                var nameFits = faults.none(at, Syntax.labelKey(resource));
                var amount = section.quantity(resource).map(Quantity::parse);
                if (nameFits
                    && amount.isPresent()
                    && faults.none(at, Syntax.amount(amount.get()))) {
                  amounts.put(resource, amount.get());
                }
              }
            });
    return amounts;
  }

  /** The duration at the key, if the rule finds nothing wrong with it. */
  Optional<Duration> duration(String key, Function<Duration, Optional<String>> rule) {
    return string(
            key,
            text ->
                Durations.fault(text)
                    .or(() -> rule.apply(Durations.parse(text)).map(f -> quote(text) + " " + f)))
        .map(Durations::parse);
  }

  /** The positive duration at the key, or none for {@code never}. */
  Optional<Duration> durationOrNever(String key, Optional<Duration> otherwise) {
    var text =
        string(
            key,
            value ->
                value.equals(NEVER)
                    ? Optional.empty()
                    : Durations.fault(value)
                        .map(fault -> fault + " nor never")
                        .or(
                            () ->
                                PlacementSettings.positive(Durations.parse(value))
                                    .map(fault -> quote(value) + " " + fault)));
    return text.isEmpty()
        ? otherwise
        : text.filter(value -> !value.equals(NEVER)).map(Durations::parse);
  }

  Set<String> keys() {
    return entries.keySet();
  }

  /** Notes every key that nobody asked for. Called last. */
  void refuseUnknown() {
    for (var key : entries.keySet()) {
      if (!known.contains(key)) {
        faults.add(path(key), "unknown key" + Spelling.suggestion(key, known));
      }
    }
  }

  private Optional<Tree> take(String key) {
    known.add(key);
    return Optional.ofNullable(entries.get(key));
  }

  private Optional<String> string(String at, Tree tree, Function<String, Optional<String>> rule) {
    if (tree instanceof Tree.Text text) {
      return faults.none(at, rule.apply(text.value()))
          ? Optional.of(text.value())
          : Optional.empty();
    }
    faults.add(at, expected("a string", tree));
    return Optional.empty();
  }

  private static String expected(String kind, Tree tree) {
    if (tree instanceof Tree.Nothing) {
      return "has no value: give one or leave the key out";
    }
    var value =
        tree instanceof Tree.Numeral number
            ? number.value()
            : tree instanceof Tree.Flag flag ? flag.value() : "";
    return kind.equals("a string") && !value.isEmpty()
        ? value + " is " + tree.kind() + ", a string is expected: put it in quotes"
        : "is " + tree.kind() + ", " + kind + " is expected";
  }
}
