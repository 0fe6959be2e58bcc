package io.virtualnode.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A folder of pinned Go dependencies inside this jar. */
record GoModule(String name) {

  /** Sixteen digits that change when any pinned version does. */
  String digest() {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(read("go.sum"));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  /** Writes the module where Go can build it. */
  void extractTo(Path folder) throws IOException {
    for (var file : new String[] {"go.mod", "go.sum"}) {
      Files.write(folder.resolve(file), read(file));
    }
  }

  byte[] read(String file) {
    var resource = "kube/" + name + "/" + file;
    try (InputStream in = GoModule.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new TestkitException("resource " + resource + " is missing from the testkit's jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new TestkitException("resource " + resource + " cannot be read", e);
    }
  }
}
