package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.quote;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The part of a kubeconfig that says whether a context can be used: what it names must be in it.
 *
 * <p>Read here and not by the Kubernetes client, which takes a file without a usable context for no
 * file at all and may run credential plug-ins while it reads.
 */
final class Kubeconfig {

  private record Context(String cluster, String user) {}

  private final Path file;
  private final Optional<String> current;
  private final Map<String, Context> contexts;
  private final Map<String, String> servers;
  private final Set<String> users;

  private Kubeconfig(
      Path file,
      Optional<String> current,
      Map<String, Context> contexts,
      Map<String, String> servers,
      Set<String> users) {
    this.file = file;
    this.current = current;
    this.contexts = contexts;
    this.servers = servers;
    this.users = users;
  }

  /** The file, or empty if a fault at {@code path} says why not. */
  static Optional<Kubeconfig> read(Path file, String path, Faults faults) {
    var text = TextFile.read(file, fault -> faults.add(path, fault));
    if (text.isEmpty()) {
      return Optional.empty();
    }
    var syntax = new Faults();
    var tree = YamlText.parse(text.get(), syntax);
    if (syntax.count() > 0) {
      faults.add(path, "not a kubeconfig: " + file + ": " + String.join("; ", syntax.lines()));
      return Optional.empty();
    }
    var entries = tree.map(Kubeconfig::entries).orElse(Map.of());
    if (!entries.containsKey("clusters") || !entries.containsKey("contexts")) {
      faults.add(path, "not a kubeconfig: " + file + " has no clusters or no contexts");
      return Optional.empty();
    }
    var contexts = new LinkedHashMap<String, Context>();
    named(entries, "contexts", "context")
        .forEach(
            (name, context) ->
                contexts.put(name, new Context(text(context, "cluster"), text(context, "user"))));
    var servers = new LinkedHashMap<String, String>();
    named(entries, "clusters", "cluster")
        .forEach((name, cluster) -> servers.put(name, text(cluster, "server")));
    var current =
        Optional.of(text(entries, "current-context")).filter(context -> !context.isEmpty());
    var users = named(entries, "users", "user").keySet();
    return Optional.of(new Kubeconfig(file, current, contexts, servers, users));
  }

  /** The server that the context (or the current one) leads to, or empty with a fault. */
  Optional<String> server(Optional<String> wanted, String path, Faults faults) {
    var name = wanted.or(() -> current);
    if (name.isEmpty()) {
      faults.add(
          path, "missing, and " + file + " has no current-context" + list(contexts.keySet()));
      return Optional.empty();
    }
    var label = (wanted.isPresent() ? "" : "current-context ") + quote(name.get());
    var context = contexts.get(name.get());
    if (context == null) {
      faults.add(path, label + " is not in " + file + list(contexts.keySet()));
      return Optional.empty();
    }
    var server = servers.getOrDefault(context.cluster(), "");
    if (server.isEmpty()) {
      faults.add(
          path,
          label
              + " of "
              + file
              + " names cluster "
              + quote(context.cluster())
              + ", which has no server there");
      return Optional.empty();
    }
    if (!context.user().isEmpty() && !users.contains(context.user())) {
      faults.add(
          path,
          label + " of " + file + " names user " + quote(context.user()) + ", which is not there");
      return Optional.empty();
    }
    return Optional.of(server);
  }

  private static String list(Collection<String> contexts) {
    return contexts.isEmpty()
        ? " (it has no contexts)"
        : " (contexts: " + String.join(", ", new TreeSet<>(contexts)) + ")";
  }

  /** The entries of {@code list}, each {@code {name: …, <what>: {…}}}. */
  private static Map<String, Map<String, Tree>> named(
      Map<String, Tree> entries, String list, String what) {
    var found = new LinkedHashMap<String, Map<String, Tree>>();
    var items =
        entries.get(list) instanceof Tree.Sequence sequence ? sequence.items() : List.<Tree>of();
    for (var item : items) {
      var fields = entries(item);
      found.put(text(fields, "name"), entries(fields.getOrDefault(what, new Tree.Nothing())));
    }
    return found;
  }

  private static Map<String, Tree> entries(Tree tree) {
    return tree instanceof Tree.Mapping mapping ? mapping.entries() : Map.of();
  }

  /** Names may look like numbers: kubectl reads them as text all the same. */
  private static String text(Map<String, Tree> entries, String key) {
    var tree = entries.get(key);
    if (tree instanceof Tree.Text text) {
      return text.value();
    }
    return tree instanceof Tree.Numeral number ? number.value() : "";
  }
}
