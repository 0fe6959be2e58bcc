package io.virtualnode.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an API server is reached, as files say that may change at any time.
 *
 * <p>It has two parts. <em>Who we are</em>, a token or a client certificate, is followed: clients
 * that {@link ApiClients} makes of {@link #config} use for each request what the files say then, or
 * what a credential plug-in gave last, and renew their connections when the certificate is another.
 * Nobody needs to know. <em>Where the cluster is</em>, its address and the authorities that it is
 * known by, stays as it was for clients that exist, because something else may answer there: {@link
 * #place} tells that it is another, and that it is time for new clients.
 *
 * <p>Immutable; methods read files.
 */
public final class ApiAccess {

  private static final Logger log = LoggerFactory.getLogger(ApiAccess.class);

  private final AccessReader reader;

  private ApiAccess(AccessReader reader) {
    this.reader = reader;
  }

  /**
   * As a kubeconfig says.
   *
   * @param context the context in it; where absent, its current one
   */
  public static ApiAccess ofKubeconfig(Path file, Optional<String> context) {
    return new ApiAccess(new AccessReader(Optional.of(file.toAbsolutePath()), context));
  }

  /**
   * As {@code kubectl} finds it by itself, and programs in a pod: {@code KUBECONFIG}, {@code
   * ~/.kube/config}, the pod's service account.
   */
  public static ApiAccess standard() {
    return new ApiAccess(new AccessReader(Optional.empty(), Optional.empty()));
  }

  /**
   * A configuration for {@link ApiClients} whose credentials are followed from now on, for as long
   * as there is a client that was made of it. No credential plug-in has been asked yet.
   *
   * @throws UncheckedIOException if the files do not say what is needed
   */
  public Config config() {
    AccessFacts facts = read();
    if (facts.user().getAuthProvider() != null) {
      return reader.byFabric8(); // which knows how to ask such providers itself
    }
    return new LiveAccess(reader, facts).config();
  }

  /**
   * A configuration with the credentials of this moment, which stay as they are. Blocks while a
   * credential plug-in is asked.
   *
   * @throws UncheckedIOException if the files do not say what is needed, or the plug-in fails
   */
  public Config fixedConfig() {
    AccessFacts facts = read();
    if (facts.user().getAuthProvider() != null) {
      return reader.byFabric8();
    }
    try {
      return LiveAccess.fixed(reader, facts);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /**
   * Tells where the cluster is, for comparison only; empty if the files do not say it now. Two
   * places that differ may be the same cluster.
   */
  public Optional<String> place() {
    try {
      String place = AccessReader.SERIALIZATION.asJson(reader.read().place());
      return Optional.of(HexFormat.of().formatHex(sha256().digest(place.getBytes(UTF_8))));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The files that {@link #place} depends on, as far as they can be told now. */
  public Set<Path> placeFiles() {
    Set<Path> files = new LinkedHashSet<>();
    try {
      reader.read(files);
    } catch (IOException e) {
      log.debug("Not all files of an access can be told", e);
    }
    return files;
  }

  /** Why there is no access now: what the files do not say, or which of them cannot be read. */
  public Optional<String> fault() {
    try {
      reader.read();
      return Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.of("file not found: " + e.getFile());
    } catch (IOException e) {
      return Optional.of(e.toString());
    }
  }

  private AccessFacts read() {
    try {
      return reader.read();
    } catch (IOException e) {
      throw new UncheckedIOException(e.toString(), e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
