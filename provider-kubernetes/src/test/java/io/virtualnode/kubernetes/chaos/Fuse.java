package io.virtualnode.kubernetes.chaos;

import static io.virtualnode.kubernetes.chaos.CrashPoint.Moment.ANSWERED;
import static io.virtualnode.kubernetes.chaos.CrashPoint.Moment.BEFORE;
import static io.virtualnode.kubernetes.chaos.CrashPoint.Moment.SENT;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.virtualnode.kubernetes.chaos.CrashPoint.Moment;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * In the process under test: ends it (as SIGKILL does, nothing is finished and nobody is told) when
 * a client comes to one of the points for which it is armed. Each time one is passed, a coin
 * decides, so that it is not always a pod's first.
 *
 * <p>Before, it tells {@link CrashReports} and awaits the answer. Thread-safe.
 */
public final class Fuse {

  private static final String POINTS = "crash.points";
  private static final String PORT = "crash.port";
  private static final String SEED = "crash.seed";
  private static final int KILLED = 137;

  private final Set<CrashPoint> armed;
  private final Random random = new Random(Long.getLong(SEED, 0));
  private final AtomicBoolean lit = new AtomicBoolean();

  private Fuse(Set<CrashPoint> armed) {
    this.armed = armed;
  }

  /** The arguments of a JVM whose {@link #ofThisProcess} is armed for these points. */
  static List<String> jvmArguments(Set<CrashPoint> points, int port, long seed) {
    var names = points.stream().map(CrashPoint::toString).collect(Collectors.joining(","));
    return List.of("-D" + POINTS + "=" + names, "-D" + PORT + "=" + port, "-D" + SEED + "=" + seed);
  }

  /** Armed as the process was started. */
  public static Fuse ofThisProcess() {
    return new Fuse(
        Stream.of(System.getProperty(POINTS, "").split(",", -1))
            .filter(name -> !name.isEmpty())
            .map(CrashPoint::parse)
            .collect(Collectors.toUnmodifiableSet()));
  }

  /** What sees the requests to the primary. */
  public Interceptor ofPrimary() {
    return new Watch("primary", PodWrite::inPrimary);
  }

  /** What sees the requests to a member. */
  public Interceptor ofMember(String name) {
    return new Watch(name, PodWrite::inMember);
  }

  private void at(Optional<PodWrite> write, Moment moment, String cluster) {
    write.map(kind -> new CrashPoint(kind, moment)).ifPresent(point -> at(point, cluster));
  }

  private void at(CrashPoint point, String cluster) {
    if (!armed.contains(point) || !random.nextBoolean() || lit.getAndSet(true)) {
      return;
    }
    long millis = report(point, cluster);
    if (point.moment() == SENT) {
      CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(Fuse::blow);
    } else {
      blow();
    }
  }

  private static void blow() {
    Runtime.getRuntime().halt(KILLED);
  }

  /** Tells where it is; returns how long what is sent from now on is sure not to be answered. */
  private static long report(CrashPoint point, String cluster) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), Integer.getInteger(PORT));
        var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
      socket.getOutputStream().write((point + " " + cluster + "\n").getBytes(UTF_8));
      return Long.parseLong(Objects.requireNonNull(in.readLine(), "no answer"));
    } catch (IOException e) {
      throw new AssertionError("nobody hears of " + point, e);
    }
  }

  /** Knows a write by its request. */
  private interface Recognition {
    Optional<PodWrite> of(String method, String path, String body);
  }

  private final class Watch implements Interceptor {

    private final String cluster;
    private final Recognition recognition;

    Watch(String cluster, Recognition recognition) {
      this.cluster = cluster;
      this.recognition = recognition;
    }

    private Optional<PodWrite> write(HttpRequest request) {
      var body = Objects.requireNonNullElse(request.bodyString(), "");
      return recognition.of(request.method(), request.uri().getPath(), body);
    }

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      var write = write(request);
      at(write, BEFORE, cluster);
      at(write, SENT, cluster);
    }

    @Override
    public AsyncBody.Consumer<List<ByteBuffer>> consumer(
        AsyncBody.Consumer<List<ByteBuffer>> consumer, HttpRequest request) {
      var write = write(request);
      return write.isEmpty() ? consumer : new Answer(consumer, () -> at(write, ANSWERED, cluster));
    }
  }

  /** Whoever waits for an answer, and what comes before it. */
  private record Answer(AsyncBody.Consumer<List<ByteBuffer>> whoever, Runnable before)
      implements AsyncBody.Consumer<List<ByteBuffer>> {

    @Override
    public void consume(List<ByteBuffer> body, AsyncBody whole) throws Exception {
      if (body.stream().noneMatch(Answer::isRefusal)) {
        before.run();
      }
      whoever.consume(body, whole);
    }

    private static boolean isRefusal(ByteBuffer part) {
      return UTF_8.decode(part.duplicate()).toString().contains("\"status\":\"Failure\"");
    }

    @Override
    public <U> U unwrap(Class<U> target) {
      return whoever.unwrap(target);
    }
  }
}
