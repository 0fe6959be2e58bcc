package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.quote;

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
    return take(key)
        .flatMap(
            tree -> {
              if (!(tree instanceof Tree.Sequence sequence)) {
                faults.add(path(key), expected("a list", tree));
                return Optional.empty();
              }
              var values = new ArrayList<T>();
              for (var i = 0; i < sequence.items().size(); i++) {
                of(path(key) + "[" + i + "]", sequence.items().get(i), faults)
                    .flatMap(item)
                    .ifPresent(values::add);
              }
              return Optional.of(List.copyOf(values));
            });
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
