package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.AuthInfoBuilder;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.ConfigBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import io.vertx.core.net.KeyCertOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credential of an API server's clients, which is followed while there are such clients.
 *
 * <p>Files are looked at every second, and when a credential is refused. A token counts at once; a
 * certificate and its key once two looks have shown the same, because they are two files. What
 * cannot be read or used changes nothing. A credential plug-in is asked when it is first needed,
 * when four fifths of the credential's time are over, and when it is refused; failures are repeated
 * ever more slowly. The old credential is used until there is a new one.
 *
 * <p>It is itself the token provider of the configuration that it makes, by which {@link
 * ApiClients} finds it. Thread-safe; no method waits for files or plug-ins.
 */
final class LiveAccess implements OAuthTokenProvider {

  static final Duration LOOK = Duration.ofSeconds(1);
  static final Duration PLUGIN_TIMEOUT = Duration.ofSeconds(30);

  private static final Logger log = LoggerFactory.getLogger(LiveAccess.class);
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);
  private static final double USED = 0.8;

  private static final ScheduledThreadPoolExecutor FILES = files();

  private final AccessReader reader;
  private final AccessFacts first;
  private final CopyOnWriteArrayList<Runnable> renewals = new CopyOnWriteArrayList<>();
  private volatile Credential credential;
  private volatile @Nullable KeyCertOptions certificate;

  private volatile AccessFacts facts; // written on the thread of FILES

  // Only touched on the thread of FILES.
  private @Nullable AccessFacts moving;
  private String trouble = "";

  private int users; // guarded by this
  private @Nullable ScheduledFuture<?> looking; // guarded by this
  private @Nullable CompletableFuture<Void> extraLook; // guarded by this
  private @Nullable CompletableFuture<Void> asking; // guarded by this
  private @Nullable ScheduledFuture<?> nextAsking; // guarded by this
  private long notBeforeNanos = System.nanoTime(); // guarded by this
  private int inARow; // guarded by this; how often in a row the plug-in was no help

  /** The credential that the facts have; nothing is followed before a client is there. */
  LiveAccess(AccessReader reader, AccessFacts facts) {
    this.reader = reader;
    this.first = facts;
    this.facts = facts;
    this.credential = Credential.of(facts.user());
    this.certificate = certificate(facts, credential);
  }

  private static ScheduledThreadPoolExecutor files() {
    var executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "credentials");
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  /** A configuration that has the place, and this for its token provider. */
  Config config() {
    Config config = config(reader, first, credential);
    config.setOauthTokenProvider(this);
    return config;
  }

  /** A configuration that stays as it is; waits for the plug-in. */
  static Config fixed(AccessReader reader, AccessFacts facts) throws IOException {
    Credential credential = facts.hasPlugin() ? plugin(facts).ask() : Credential.of(facts.user());
    Config config = config(reader, facts, credential);
    String authorization = credential.authorization();
    if (authorization != null && authorization.startsWith("Bearer ")) {
      config.setOauthToken(authorization.substring("Bearer ".length()));
    }
    return config;
  }

  private static Config config(AccessReader reader, AccessFacts facts, Credential credential) {
    AuthInfo user =
        new AuthInfoBuilder()
            .withUsername(facts.user().getUsername())
            .withPassword(facts.user().getPassword())
            .withClientCertificateData(credential.certificate())
            .withClientKeyData(credential.key())
            .build();
    var kubeconfig =
        new ConfigBuilder()
            .withApiVersion("v1")
            .withKind("Config")
            .addNewCluster()
            .withName("it")
            .withCluster(facts.place())
            .endCluster()
            .addNewUser()
            .withName("it")
            .withUser(user)
            .endUser()
            .addNewContext()
            .withName("it")
            .withNewContext()
            .withCluster("it")
            .withUser("it")
            .endContext()
            .endContext()
            .withCurrentContext("it")
            .build();
    Config config = Config.fromKubeconfig(AccessReader.SERIALIZATION.asYaml(kubeconfig));
    if (reader.isStandard()) {
      Config.configFromSysPropsOrEnvVars(config);
    }
    return config;
  }

  private static CredentialPlugin plugin(AccessFacts facts) {
    return new CredentialPlugin(facts.plugin(), facts.folder(), facts.place(), PLUGIN_TIMEOUT);
  }

  private @Nullable KeyCertOptions certificate(AccessFacts facts, Credential credential) {
    if (credential.certificate() == null) {
      return null;
    }
    try {
      for (KeyManager manager : SSLUtils.keyManagers(config(reader, facts, credential))) {
        if (manager instanceof X509KeyManager x509) {
          return KeyCertOptions.wrap(x509);
        }
      }
      throw new IllegalArgumentException("the client certificate is of no known kind");
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("the client certificate cannot be used: " + e, e);
    }
  }

  /** The header's value that is to be sent now, if one is. */
  @Nullable String authorization() {
    String now = credential.authorization();
    // Without one, a request would count as anonymous and be forbidden instead of unauthorized.
    return now == null && facts.hasPlugin() && credential.certificate() == null
        ? "Bearer none"
        : now;
  }

  /** The certificate that is to be shown now, if one is. */
  @Nullable KeyCertOptions certificate() {
    return certificate;
  }

  @Override
  @SuppressWarnings("NullAway") // fabric8 takes null for none
  public @Nullable String getToken() {
    String now = authorization();
    return now != null && now.startsWith("Bearer ") ? now.substring("Bearer ".length()) : null;
  }

  /**
   * The server has refused what was sent.
   *
   * @param sent the header's value
   * @return whether there is something else to be tried now
   */
  CompletableFuture<Boolean> refused(@Nullable String sent) {
    Credential before = credential;
    if (!Objects.equals(sent, authorization())) {
      return CompletableFuture.completedFuture(true);
    }
    CompletableFuture<Void> renewed = facts.hasPlugin() ? ask() : lookNow();
    return renewed.thenApply(nothing -> !credential.equals(before));
  }

  /** A transport is there, whose connections have to be renewed with the certificate. */
  synchronized void opened(Runnable renewal) {
    renewals.add(renewal);
    users++;
    if (users == 1) {
      looking =
          FILES.scheduleWithFixedDelay(this::tryLook, 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
      var unused = ask();
    }
  }

  /** That transport is closed. */
  synchronized void closed(Runnable renewal) {
    if (renewals.remove(renewal) && --users == 0) {
      cancel(looking);
      cancel(nextAsking);
    }
  }

  private static void cancel(@Nullable ScheduledFuture<?> task) {
    if (task != null) {
      task.cancel(false);
    }
  }

  private synchronized CompletableFuture<Void> lookNow() {
    if (extraLook == null || extraLook.isDone()) {
      extraLook = CompletableFuture.runAsync(this::tryLook, FILES);
    }
    return extraLook;
  }

  private void tryLook() {
    try {
      look(reader.read());
      trouble = "";
    } catch (IOException | RuntimeException e) {
      String now = String.valueOf(e.getMessage());
      if (!now.equals(trouble)) {
        trouble = now;
        log.warn("{}: the credentials stay as they are: {}", first, now);
      }
    }
  }

  private void look(AccessFacts seen) {
    if (leadsElsewhere(seen.place()) || seen.equals(facts)) {
      moving = null; // another place gets new clients, and its credentials are not for this one
      return;
    }
    Credential next = Credential.of(seen.user());
    boolean settled = seen.equals(moving) || next.hasSameCertificate(Credential.of(facts.user()));
    moving = seen;
    if (!settled) {
      return;
    }
    if (seen.hasPlugin()) {
      facts = seen;
      askAnew();
    } else {
      adopt(seen, next);
    }
  }

  /** Other authorities alone do not: who has changed them goes on checking by those of before. */
  private boolean leadsElsewhere(Cluster place) {
    Cluster ours = first.place();
    return !Objects.equals(place.getServer(), ours.getServer())
        || !Objects.equals(place.getTlsServerName(), ours.getTlsServerName())
        || !Objects.equals(place.getProxyUrl(), ours.getProxyUrl());
  }

  private synchronized void adopt(AccessFacts seen, Credential next) {
    use(seen, next);
    facts = seen;
  }

  /** Whether the plug-in has given something else, for what is still in force. */
  private synchronized boolean adoptGiven(AccessFacts about, Credential given) {
    boolean another = about.equals(facts) && !given.equals(credential);
    if (another) {
      use(about, given);
    }
    return another;
  }

  /** It is another plug-in, or has other arguments: what the one before did does not count. */
  private synchronized void askAnew() {
    inARow = 0;
    notBeforeNanos = System.nanoTime();
    var unused = ask();
  }

  /** Throws if the certificate cannot be used; then nothing has changed. With the lock held. */
  private void use(AccessFacts from, Credential next) {
    boolean renew = !next.hasSameCertificate(credential);
    if (renew) {
      certificate = certificate(from, next);
    }
    credential = next;
    log.info("{} has another {}", first, next);
    if (renew) {
      renewals.forEach(Runnable::run);
    }
  }

  /** Completes when there is nothing more to be had from the plug-in for now. */
  private synchronized CompletableFuture<Void> ask() {
    if (asking != null) {
      return asking;
    }
    if (!facts.hasPlugin() || System.nanoTime() - notBeforeNanos < 0) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> answer = new CompletableFuture<>();
    asking = answer;
    cancel(nextAsking);
    AccessFacts about = facts;
    Thread thread = new Thread(() -> askPlugin(about, answer), "credential-plugin");
    thread.setDaemon(true);
    thread.start();
    return answer;
  }

  private void askOnce() {
    var unused = ask();
  }

  private void askPlugin(AccessFacts about, CompletableFuture<Void> answer) {
    Duration next;
    try {
      Credential given = plugin(about).ask();
      next = asked(adoptGiven(about, given), given.expires());
    } catch (IOException | RuntimeException e) {
      log.warn("{}: no new credential: {}", first, e.getMessage());
      next = asked(false, Instant.EPOCH);
    }
    synchronized (this) {
      asking = null;
      if (!about.equals(facts)) {
        askAnew(); // the files have changed meanwhile
      } else if (!next.isNegative() && users > 0) {
        nextAsking = FILES.schedule(this::askOnce, next.toMillis(), TimeUnit.MILLISECONDS);
      }
    }
    answer.complete(null);
  }

  /** How long to wait before the plug-in is to be asked again; negative if until a refusal. */
  private synchronized Duration asked(boolean helpful, @Nullable Instant expires) {
    inARow = helpful ? 0 : inARow + 1;
    Duration pause = pause(inARow);
    notBeforeNanos = System.nanoTime() + pause.toNanos();
    if (expires == null) {
      return Duration.ofNanos(-1);
    }
    long used = (long) (Duration.between(Instant.now(), expires).toMillis() * USED);
    return Duration.ofMillis(Math.max(used, pause.toMillis()));
  }

  /** After the first answer, or after so many that were no help. */
  static Duration pause(int inARow) {
    Duration pause = FIRST_RETRY.multipliedBy(1L << Math.min(Math.max(inARow - 1, 0), 10));
    return pause.compareTo(LAST_RETRY) < 0 ? pause : LAST_RETRY;
  }
}
