package io.virtualnode.testkit;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.jspecify.annotations.Nullable;

/** Signs the certificates of one cluster; lives as long as the cluster. */
final class CertificateAuthority {

  private static final Duration VALIDITY = Duration.ofDays(7);
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);
  private static final String SIGNATURE = "SHA256withECDSA";

  private final KeyPair keys = newKeys();
  private final X500Name name = new X500Name("CN=virtualnode-testkit");
  private final X509CertificateHolder certificate;

  /** A certificate with its key, both as PEM text. */
  record Identity(String certificate, String key) {}

  CertificateAuthority() {
    this.certificate =
        sign(
            name,
            keys,
            builder -> {
              builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
              builder.addExtension(
                  Extension.keyUsage,
                  true,
                  new KeyUsage(KeyUsage.keyCertSign | KeyUsage.digitalSignature));
            });
  }

  /** The authority's own certificate and key. */
  Identity authority() {
    return new Identity(pem(certificate), keyPem(keys));
  }

  /**
   * For a server on the loopback interface and under the names that clients inside a cluster use.
   */
  Identity server() {
    return issue(
        "kube-apiserver",
        List.of(),
        KeyPurposeId.id_kp_serverAuth,
        new GeneralNames(
            new GeneralName[] {
              new GeneralName(GeneralName.dNSName, "localhost"),
              new GeneralName(GeneralName.dNSName, "kubernetes"),
              new GeneralName(GeneralName.dNSName, "kubernetes.default.svc"),
              new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
              new GeneralName(GeneralName.iPAddress, "10.0.0.1"),
            }));
  }

  /** For a user of the API, as Kubernetes reads certificates: CN is the user, each O a group. */
  Identity client(String user, List<String> groups) {
    return issue(user, groups, KeyPurposeId.id_kp_clientAuth, null);
  }

  /** A key pair without a certificate, for signing service account tokens. */
  static Identity signingKey() {
    var keys = newKeys();
    return new Identity(pem(keys.getPublic()), keyPem(keys));
  }

  private Identity issue(
      String user, List<String> groups, KeyPurposeId purpose, @Nullable GeneralNames names) {
    var subject = new X500NameBuilder(BCStyle.INSTANCE);
    groups.forEach(group -> subject.addRDN(BCStyle.O, group));
    subject.addRDN(BCStyle.CN, user);
    var subjectKeys = newKeys();
    var signed =
        sign(
            subject.build(),
            subjectKeys,
            builder -> {
              builder.addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
              builder.addExtension(
                  Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
              if (names != null) {
                builder.addExtension(Extension.subjectAlternativeName, false, names);
              }
            });
    return new Identity(pem(signed), keyPem(subjectKeys));
  }

  @FunctionalInterface
  private interface Extensions {
    void addTo(JcaX509v3CertificateBuilder builder) throws IOException;
  }

  private X509CertificateHolder sign(X500Name subject, KeyPair subjectKeys, Extensions extensions) {
    var now = Instant.now();
    var builder =
        new JcaX509v3CertificateBuilder(
            name,
            new BigInteger(64, new SecureRandom()),
            Date.from(now.minus(CLOCK_SKEW)),
            Date.from(now.plus(VALIDITY)),
            subject,
            subjectKeys.getPublic());
    try {
      extensions.addTo(builder);
      return builder.build(new JcaContentSignerBuilder(SIGNATURE).build(keys.getPrivate()));
    } catch (IOException | OperatorCreationException e) {
      throw new TestkitException("cannot sign a certificate for " + subject, e);
    }
  }

  private static KeyPair newKeys() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java has P-256", e);
    }
  }

  /**
   * In the form "EC PRIVATE KEY" with its curve (SEC 1), the only one for EC that fabric8 reads.
   */
  private static String keyPem(KeyPair keys) {
    var privateKey = (ECPrivateKey) keys.getPrivate();
    int bits = privateKey.getParams().getOrder().bitLength();
    var structure =
        new org.bouncycastle.asn1.sec.ECPrivateKey(
            bits, privateKey.getS(), SECObjectIdentifiers.secp256r1);
    try {
      return pem(new PemObject("EC PRIVATE KEY", structure.getEncoded()));
    } catch (IOException e) {
      throw new TestkitException("cannot encode a key", e);
    }
  }

  private static String pem(Object object) {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    } catch (IOException e) {
      throw new TestkitException("cannot write PEM", e);
    }
    return text.toString();
  }
}
