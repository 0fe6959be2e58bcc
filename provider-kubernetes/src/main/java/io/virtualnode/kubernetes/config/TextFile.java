package io.virtualnode.kubernetes.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads a small text file, or says in the words of an operator why it cannot be read. */
final class TextFile {

  private TextFile() {}

  static Optional<String> read(Path file, Consumer<String> onFault) {
    try {
      return Optional.of(Files.readString(file));
    } catch (NoSuchFileException e) {
      onFault.accept("file not found: " + file);
    } catch (AccessDeniedException e) {
      onFault.accept("no permission to read " + file);
    } catch (CharacterCodingException e) {
      onFault.accept("not UTF-8 text: " + file);
    } catch (IOException e) {
      onFault.accept(
          Files.isDirectory(file)
              ? "is a directory, not a file: " + file
              : "cannot be read: " + file + ": " + e.getMessage());
    }
    return Optional.empty();
  }
}
