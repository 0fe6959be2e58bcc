package io.virtualnode.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.AuthInfo;
import java.time.Instant;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What proves who we are.
 *
 * @param authorization the header's value, if one is sent
 * @param certificate a client certificate with its chain, PEM in base64, if one is shown
 * @param key its private key, likewise
 * @param expires when it stops working, if that is known
 */
record Credential(
    @Nullable String authorization,
    @Nullable String certificate,
    @Nullable String key,
    @Nullable Instant expires) {

  static final Credential NONE = new Credential(null, null, null, null);

  /** What stands in the files themselves. */
  static Credential of(AuthInfo user) {
    return new Credential(
        authorization(user), user.getClientCertificateData(), user.getClientKeyData(), null);
  }

  /** What a plug-in has given. */
  static Credential given(
      @Nullable String token,
      @Nullable String certificatePem,
      @Nullable String keyPem,
      @Nullable Instant expires) {
    return new Credential(
        token == null ? null : "Bearer " + token, base64(certificatePem), base64(keyPem), expires);
  }

  boolean hasSameCertificate(Credential other) {
    return Objects.equals(certificate, other.certificate) && Objects.equals(key, other.key);
  }

  private static @Nullable String authorization(AuthInfo user) {
    if (AccessReader.isSet(user.getUsername()) && AccessReader.isSet(user.getPassword())) {
      return "Basic " + base64(user.getUsername() + ":" + user.getPassword());
    }
    return AccessReader.isSet(user.getToken()) ? "Bearer " + user.getToken() : null;
  }

  private static @Nullable String base64(@Nullable String text) {
    return text == null ? null : Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  /** Nothing of it is for a log. */
  @Override
  public String toString() {
    return "credential"
        + (authorization == null ? "" : " with a token")
        + (certificate == null ? "" : " with a certificate")
        + (expires == null ? "" : " until " + expires);
  }
}
