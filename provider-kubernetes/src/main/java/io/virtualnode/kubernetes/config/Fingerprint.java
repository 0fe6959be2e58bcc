package io.virtualnode.kubernetes.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;

/** Tells contents of files apart without keeping them: they may be secret. */
final class Fingerprint {

  private Fingerprint() {}

  /** A digest of paths and contents; a file that cannot be read differs from an empty one. */
  static String of(Collection<Path> paths) {
    var whole = sha256();
    for (var path : paths) {
      whole.update(sha256().digest(path.toString().getBytes(UTF_8)));
      try {
        whole.update(sha256().digest(Files.readAllBytes(path)));
      } catch (IOException e) {
        whole.update((byte) 0);
      }
    }
    return HexFormat.of().formatHex(whole.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
