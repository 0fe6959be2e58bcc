package io.virtualnode.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SignatureException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {

  private final CertificateAuthority authority = new CertificateAuthority("alpha");

  @Test
  @DisplayName("the authority may sign certificates, what it signs may not")
  void basicConstraints() {
    X509Certificate own = authority.authority().certificate();
    X509Certificate client = authority.client("somebody", List.of()).certificate();
    assertThat(own.getBasicConstraints()).isNotNegative();
    assertThat(client.getBasicConstraints()).isEqualTo(-1);
    assertThatCode(() -> client.verify(own.getPublicKey())).doesNotThrowAnyException();
  }

  @Test
  @DisplayName("another authority's certificate does not verify")
  void foreignCertificate() {
    X509Certificate foreign =
        new CertificateAuthority("alpha").client("somebody", List.of()).certificate();
    assertThatThrownBy(() -> foreign.verify(authority.authority().certificate().getPublicKey()))
        .isInstanceOf(SignatureException.class);
  }

  @Test
  @DisplayName("a client certificate names user and groups, and serves clients only")
  void clientNames() throws Exception {
    X509Certificate client =
        authority.client("system:node:a", List.of("system:nodes", "site, one")).certificate();
    assertThat(client.getSubjectX500Principal().getName())
        .contains("CN=system:node:a")
        .contains("O=system:nodes")
        .contains("O=site\\, one");
    assertThat(client.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
  }

  @Test
  @DisplayName("a server certificate is for its names and addresses, and serves servers only")
  void serverNames() throws Exception {
    X509Certificate server =
        authority
            .server(
                "api",
                List.of("localhost"),
                List.of(InetAddress.getByAddress(new byte[] {127, 0, 0, 1})))
            .certificate();
    assertThat(server.getSubjectAlternativeNames())
        .containsExactlyInAnyOrder(List.of(2, "localhost"), List.of(7, "127.0.0.1"));
    assertThat(server.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
  }

  @Test
  @DisplayName("certificates are valid now and in some days")
  void validity() {
    X509Certificate client = authority.client("somebody", List.of()).certificate();
    assertThatCode(() -> client.checkValidity(Date.from(Instant.now().plusSeconds(3 * 86_400))))
        .doesNotThrowAnyException();
  }

  @Test
  @DisplayName("only the owner can read a key file")
  void keyFileIsPrivate(@TempDir Path directory) throws Exception {
    authority.client("somebody", List.of()).write(directory, "client");
    assertThat(Files.readString(directory.resolve("client.crt")))
        .startsWith("-----BEGIN CERTIFICATE-----\n")
        .endsWith("-----END CERTIFICATE-----\n");
    Path key = directory.resolve("client.key");
    assertThat(Files.readString(key)).startsWith("-----BEGIN EC PRIVATE KEY-----\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
  }
}
