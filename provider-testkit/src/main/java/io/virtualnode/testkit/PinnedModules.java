package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.virtualnode.testkit.TestkitException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The go.mod and go.sum files that pin what a local cluster is built from, and checksums of what
 * can be downloaded instead. They are stored as {@code .txt}, so that Go tools which look at this
 * repository do not take the folders for modules.
 */
final class PinnedModules {

  private static final List<String> MODULES = List.of("control-plane", "kwok");
  private static final String CHECKSUMS = "kube/SHA256SUMS.txt";

  private PinnedModules() {}

  /** The key of the cache: changes whenever a pinned version does. */
  static String cacheKey() {
    MessageDigest digest = sha256();
    for (String module : MODULES) {
      digest.update(read(resource(module, "go.sum")));
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
  }

  /** Version of a required Go module, such as {@code v1.37.2}. */
  static String version(String module, String required) {
    Matcher line =
        Pattern.compile("(?m)^\\s*(?:require )?" + Pattern.quote(required) + " (v\\S+)")
            .matcher(text(resource(module, "go.mod")));
    if (!line.find()) {
      throw new IllegalStateException("kube/" + module + "/go.mod does not require " + required);
    }
    return requireNonNull(line.group(1));
  }

  /** Writes go.mod and go.sum of a module into a directory, where Go can build from them. */
  static void extract(String module, Path directory) throws IOException {
    for (String file : List.of("go.mod", "go.sum")) {
      Files.write(directory.resolve(file), read(resource(module, file)));
    }
  }

  /**
   * SHA-256 by {@code tool/version/file} of release files beside which their releases publish none.
   */
  static Map<String, String> checksums() {
    Map<String, String> checksums = new HashMap<>();
    for (String line : text(CHECKSUMS).lines().toList()) {
      String[] parts = line.split(" {2}", 2);
      checksums.put(parts[1], parts[0]);
    }
    return Map.copyOf(checksums);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new TestkitException(
          Reason.PREPARATION_FAILED, "this Java runtime has no SHA-256: use another one", e);
    }
  }

  private static String resource(String module, String file) {
    return "kube/" + module + "/" + file + ".txt";
  }

  private static String text(String name) {
    return new String(read(name), UTF_8);
  }

  private static byte[] read(String name) {
    try (InputStream in =
        requireNonNull(PinnedModules.class.getResourceAsStream(name), name + " is missing")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }
}
