package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarGzTest {

  @TempDir private Path directory = Path.of("");

  private final ByteArrayOutputStream tar = new ByteArrayOutputStream();

  @ParameterizedTest
  @ValueSource(chars = {'1', '2', '5', 'x', 'L'})
  @DisplayName("a link, a folder or a header of the name is not the file")
  void notTheFile(char type) throws IOException {
    entry("a/etcd", type, "00000000004", "evil");
    entry("b/etcd", '0', "00000000004", "good");
    assertThat(extract()).hasContent("good");
  }

  @ParameterizedTest
  @ValueSource(chars = {'0', '\0'})
  @DisplayName("a regular file is of the type 0, or of none in old archives")
  void regularFile(char type) throws IOException {
    entry("a/etcd", type, "00000000004", "good");
    assertThat(extract()).hasContent("good");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0000000000x", "", "-0000000004", "99999999999"})
  @DisplayName("a size that is none is a fault of the archive")
  void badSize(String size) throws IOException {
    entry("a/other", '0', size, "text");
    assertThatThrownBy(this::extract)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a/other");
  }

  @Test
  @DisplayName("an archive without the file says so")
  void missing() throws IOException {
    entry("a/other", '0', "00000000004", "text");
    assertThatThrownBy(this::extract)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no file etcd");
  }

  private void entry(String name, char type, String size, String content) throws IOException {
    byte[] header = new byte[512];
    System.arraycopy(name.getBytes(UTF_8), 0, header, 0, name.length());
    System.arraycopy(size.getBytes(UTF_8), 0, header, 124, size.length());
    header[156] = (byte) type;
    tar.write(header);
    tar.write(Arrays.copyOf(content.getBytes(UTF_8), 512));
  }

  private Path extract() throws IOException {
    Path archive = directory.resolve("archive.tar.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
      out.write(tar.toByteArray());
      out.write(new byte[1024]);
    }
    Path target = directory.resolve("etcd");
    TarGz.extract(archive, "etcd", target);
    return target;
  }
}
