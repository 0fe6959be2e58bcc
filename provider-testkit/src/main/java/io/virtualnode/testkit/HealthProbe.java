package io.virtualnode.testkit;

import io.virtualnode.testkit.TestkitException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Asks whether a server on loopback answers 200. It sends and believes nothing, so it does not
 * check who answers; a plain connection of its own keeps no thread or pool behind.
 */
final class HealthProbe {

  private static final int TIMEOUT_MILLIS = 2_000;

  private final SSLContext trusting;

  HealthProbe() {
    try {
      trusting = SSLContext.getInstance("TLS");
      trusting.init(null, new TrustManager[] {new TrustAnybody()}, null);
    } catch (GeneralSecurityException e) {
      throw new TestkitException(Reason.PREPARATION_FAILED, "no TLS: " + e, e);
    }
  }

  boolean answersOk(URI uri) {
    try {
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      connection.setConnectTimeout(TIMEOUT_MILLIS);
      connection.setReadTimeout(TIMEOUT_MILLIS);
      if (connection instanceof HttpsURLConnection https) {
        https.setSSLSocketFactory(trusting.getSocketFactory());
      }
      int status = connection.getResponseCode();
      if (status == HttpURLConnection.HTTP_OK) {
        try (InputStream body = connection.getInputStream()) {
          body.readAllBytes();
        }
      }
      connection.disconnect();
      return status == HttpURLConnection.HTTP_OK;
    } catch (IOException e) {
      return false;
    }
  }

  private static final class TrustAnybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
