package io.virtualnode.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.util.Base64;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/** A key pair with its certificate, in the forms that Kubernetes reads. */
record Credentials(KeyPair keys, X509Certificate certificate) {

  private static final int KEY_BITS = 256;

  /** Writes NAME.crt and NAME.key; only the owner can read the key. */
  void write(Path directory, String name) throws IOException {
    Files.writeString(directory.resolve(name + ".crt"), certificatePem());
    writePrivate(directory.resolve(name + ".key"), privateKeyPem());
  }

  String certificatePem() {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate that was just made has no encoding", e);
    }
  }

  String privateKeyPem() {
    return privateKeyPem(keys);
  }

  /** The private key as SEC 1 writes it: Go, OpenSSL and fabric8 all read it by its header. */
  static String privateKeyPem(KeyPair keys) {
    ECPrivateKey key = (ECPrivateKey) keys.getPrivate();
    DERBitString point =
        new DERBitString(
            SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded())
                .getPublicKeyData()
                .getBytes());
    try {
      return pem(
          "EC PRIVATE KEY",
          new org.bouncycastle.asn1.sec.ECPrivateKey(
                  KEY_BITS, key.getS(), point, SECObjectIdentifiers.secp256r1)
              .getEncoded());
    } catch (IOException e) {
      throw new IllegalStateException("a key that was just made has no encoding", e);
    }
  }

  static String publicKeyPem(KeyPair keys) {
    return pem("PUBLIC KEY", keys.getPublic().getEncoded());
  }

  /** Writes a file that only its owner can read, from its first byte on. */
  static void writePrivate(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, text);
  }

  private static String pem(String label, byte[] der) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }
}
