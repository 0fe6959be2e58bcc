package io.virtualnode.testkit;

import io.virtualnode.testkit.TestkitException.Reason;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
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
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The certificate authority of one cluster. Keys are EC P-256, which cost a millisecond each; all
 * certificates end after a week, for a cluster lives no longer than the JVM that started it.
 */
final class CertificateAuthority {

  private static final Duration LIFETIME = Duration.ofDays(7);
  // A clock set back between two processes must not make a fresh certificate "not yet valid".
  private static final Duration BACKDATED = Duration.ofHours(1);

  private final SecureRandom random = new SecureRandom();
  private final Credentials authority;
  private final X500Name issuer;

  CertificateAuthority(String clusterName) {
    issuer = new X500NameBuilder().addRDN(BCStyle.CN, clusterName + "-ca").build();
    try {
      KeyPair keys = newKeyPair();
      JcaX509v3CertificateBuilder builder = builder(keys, issuer, keys);
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      builder.addExtension(
          Extension.keyUsage,
          true,
          new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign | KeyUsage.cRLSign));
      authority = new Credentials(keys, sign(builder, keys));
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw failed(e);
    }
  }

  /** The authority's own key and certificate. */
  Credentials authority() {
    return authority;
  }

  /** A client certificate: Kubernetes takes the common name for the user, O for the groups. */
  Credentials client(String user, List<String> groups) {
    X500NameBuilder name = new X500NameBuilder();
    groups.forEach(group -> name.addRDN(BCStyle.O, group));
    name.addRDN(BCStyle.CN, user);
    return issue(name.build(), KeyPurposeId.id_kp_clientAuth, List.of());
  }

  /** A serving certificate for the loopback addresses and the given DNS names. */
  Credentials server(String commonName, List<String> dnsNames, List<InetAddress> addresses) {
    List<GeneralName> names = new ArrayList<>();
    dnsNames.forEach(dns -> names.add(new GeneralName(GeneralName.dNSName, dns)));
    addresses.forEach(
        address -> names.add(new GeneralName(GeneralName.iPAddress, address.getHostAddress())));
    return issue(
        new X500NameBuilder().addRDN(BCStyle.CN, commonName).build(),
        KeyPurposeId.id_kp_serverAuth,
        names);
  }

  /** A key pair without a certificate, such as the one that signs service account tokens. */
  static KeyPair newKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw failed(e);
    }
  }

  private Credentials issue(X500Name subject, KeyPurposeId purpose, List<GeneralName> names) {
    try {
      KeyPair keys = newKeyPair();
      JcaX509v3CertificateBuilder builder = builder(keys, subject, authority.keys());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
      if (!names.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(names.toArray(GeneralName[]::new)));
      }
      return new Credentials(keys, sign(builder, authority.keys()));
    } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
      throw failed(e);
    }
  }

  private JcaX509v3CertificateBuilder builder(KeyPair keys, X500Name subject, KeyPair issuerKeys)
      throws GeneralSecurityException, IOException {
    Instant now = Instant.now();
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            new BigInteger(127, random),
            Date.from(now.minus(BACKDATED)),
            Date.from(now.plus(LIFETIME)),
            subject,
            keys.getPublic());
    JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
    builder.addExtension(
        Extension.subjectKeyIdentifier,
        false,
        extensions.createSubjectKeyIdentifier(keys.getPublic()));
    builder.addExtension(
        Extension.authorityKeyIdentifier,
        false,
        extensions.createAuthorityKeyIdentifier(issuerKeys.getPublic()));
    return builder;
  }

  private static X509Certificate sign(JcaX509v3CertificateBuilder builder, KeyPair signer)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(
                new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate())));
  }

  private static TestkitException failed(Exception cause) {
    return new TestkitException(
        Reason.PREPARATION_FAILED, "cannot make certificates: " + cause, cause);
  }
}
