package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * Takes one file out of a gzipped tar archive. Only what release archives use: a header block of
 * 512 bytes with name (at 0), octal size (at 124) and type (at 156), then the content in whole
 * blocks.
 */
final class TarGz {

  private static final int BLOCK = 512;
  private static final int TYPE = 156;

  private TarGz() {}

  /**
   * Extracts the first regular file whose last path element is {@code fileName}; folders, links and
   * extended headers of that name are none.
   */
  static void extract(Path archive, String fileName, Path target) throws IOException {
    try (InputStream in =
        new GZIPInputStream(new BufferedInputStream(Files.newInputStream(archive)))) {
      byte[] header = in.readNBytes(BLOCK);
      while (header.length == BLOCK && header[0] != 0) {
        String name = text(header, 0, 100);
        long size = size(header, name);
        if (isRegularFile(header) && name.substring(name.lastIndexOf('/') + 1).equals(fileName)) {
          copy(in, size, target);
          return;
        }
        in.skipNBytes((size + BLOCK - 1) / BLOCK * BLOCK);
        header = in.readNBytes(BLOCK);
      }
    }
    throw new IOException("no file " + fileName + " in the archive");
  }

  private static boolean isRegularFile(byte[] header) {
    return header[TYPE] == '0' || header[TYPE] == 0; // the latter by archivers older than POSIX
  }

  private static long size(byte[] header, String name) throws IOException {
    String text = text(header, 124, 12).strip();
    try {
      return Long.parseUnsignedLong(text, 8);
    } catch (NumberFormatException e) {
      throw new IOException("the archive gives " + name + " the size '" + text + "'", e);
    }
  }

  private static void copy(InputStream in, long size, Path target) throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(target)) {
      for (long left = size; left > 0; ) {
        int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (read < 0) {
          throw new IOException("the archive ends too early");
        }
        out.write(buffer, 0, read);
        left -= read;
      }
    }
  }

  private static String text(byte[] header, int offset, int length) {
    int end = offset;
    while (end < offset + length && header[end] != 0) {
      end++;
    }
    return new String(header, offset, end - offset, US_ASCII);
  }
}
