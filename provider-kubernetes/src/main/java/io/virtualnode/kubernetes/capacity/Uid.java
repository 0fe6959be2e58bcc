package io.virtualnode.kubernetes.capacity;

import java.util.UUID;

/**
 * A UID as the account's key, in a third of the memory of its text: a {@link UUID} where the text
 * is one in canonical form, as are all that Kubernetes gives out, and else the text itself. Equal
 * exactly when the texts are, and {@code toString} gives the text back.
 */
final class Uid {

  private static final int LENGTH = 36;

  private Uid() {}

  static Object of(String text) {
    return isCanonical(text) ? UUID.fromString(text) : text;
  }

  private static boolean isCanonical(String text) {
    if (text.length() != LENGTH) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      char c = text.charAt(i);
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? c != '-' : !isHexDigit(c)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isHexDigit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }
}
