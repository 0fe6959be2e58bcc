package io.virtualnode.kubernetes.config;

import static io.virtualnode.kubernetes.config.Syntax.quote;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * Turns YAML text into a {@link Tree}.
 *
 * <p>Jackson's own tree takes an alias for a string and stops at the first duplicate key; here an
 * alias is the value of its anchor and each duplicate is a fault among the others.
 */
final class YamlText {

  private static final YAMLMapper MAPPER = new YAMLMapper();

  private final JsonParser parser;
  private final Faults faults;
  private final Map<String, Tree> anchors = new HashMap<>();

  private YamlText(JsonParser parser, Faults faults) {
    this.parser = parser;
    this.faults = faults;
  }

  /** The document, or empty if a fault says why there is none. */
  static Optional<Tree> parse(String text, Faults faults) {
    try (var parser = MAPPER.createParser(text)) {
      if (parser.nextToken() == null) {
        return Optional.of(new Tree.Nothing());
      }
      var tree = new YamlText(parser, faults).value("");
      if (parser.nextToken() != null) {
        faults.add("", at(parser) + "a second document: one file holds one");
        return Optional.empty();
      }
      return Optional.of(tree);
    } catch (JacksonException | YamlEngineException e) {
      faults.add("", syntaxFault(e));
      return Optional.empty();
    }
  }

  /** The value that starts at the parser's token. */
  private Tree value(String path) {
    if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
      return alias(path, parser.getString());
    }
    var anchor = parser.getObjectId();
    var token = parser.currentToken();
    var tree =
        token == JsonToken.START_OBJECT
            ? mapping(path)
            : token == JsonToken.START_ARRAY ? sequence(path) : scalar(token);
    if (anchor != null) {
      anchors.put(anchor.toString(), tree);
    }
    return tree;
  }

  private Tree alias(String path, String name) {
    var tree = anchors.get(name);
    if (tree == null) {
      faults.add(path, at(parser) + "no anchor &" + name + " is complete before this alias");
      return new Tree.Nothing();
    }
    return tree;
  }

  private Tree mapping(String path) {
    var entries = new LinkedHashMap<String, Tree>();
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var key = parser.currentName();
      var keyPath = Section.child(path, key);
      if (entries.containsKey(key)) {
        faults.add(keyPath, at(parser) + "key " + quote(key) + " a second time");
      }
      parser.nextToken();
      entries.put(key, value(keyPath));
    }
    return new Tree.Mapping(entries);
  }

  private Tree sequence(String path) {
    var items = new ArrayList<Tree>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(value(path + "[" + items.size() + "]"));
    }
    return new Tree.Sequence(items);
  }

  private Tree scalar(JsonToken token) {
    return switch (token) {
      case VALUE_NULL -> new Tree.Nothing();
      case VALUE_TRUE, VALUE_FALSE -> new Tree.Flag(parser.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Tree.Numeral(parser.getString());
      default -> new Tree.Text(parser.getString());
    };
  }

  private static String at(JsonParser parser) {
    var location = parser.currentTokenLocation();
    return "line " + location.getLineNr() + ", column " + location.getColumnNr() + ": ";
  }

  /** The parser's words without the excerpt, after the place that it means. */
  private static String syntaxFault(RuntimeException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof MarkedYamlEngineException marked
          && marked.getProblemMark().isPresent()) {
        var mark = marked.getProblemMark().get();
        return ("line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ": ")
            + marked.getProblem();
      }
    }
    if (e instanceof JacksonException jackson && jackson.getLocation() != null) {
      var location = jackson.getLocation();
      return ("line " + location.getLineNr() + ", column " + location.getColumnNr() + ": ")
          + jackson.getOriginalMessage();
    }
    return "not YAML: " + e.getMessage();
  }
}
