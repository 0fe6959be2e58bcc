package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.virtualnode.testkit.FaultProxy.Direction;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FaultProxyTest {

  private static final Duration SILENCE = Duration.ofMillis(150);
  private static final Duration DELAY = Duration.ofMillis(300);

  private final List<Socket> clients = new ArrayList<>();
  private EchoServer server;
  private FaultProxy proxy;

  @BeforeEach
  void start() throws IOException {
    server = new EchoServer();
    proxy = FaultProxy.inFrontOf(server.address());
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket client : clients) {
      client.close();
    }
    proxy.close();
    server.close();
  }

  @Test
  @DisplayName("pass: everything goes through, in order, and is counted")
  void pass() throws Exception {
    Socket client = connect();
    byte[] sent = bytes(3 << 20);
    CompletableFuture<byte[]> received =
        CompletableFuture.supplyAsync(() -> read(client, sent.length));
    client.getOutputStream().write(sent);
    assertThat(received.get()).isEqualTo(sent);
    FaultProxy.Counts all = new FaultProxy.Counts(1, 1, 3 << 20, 3 << 20, 0, 0);
    await().untilAsserted(() -> assertThat(proxy.counts()).isEqualTo(all));
    client.close();
    await().until(() -> proxy.counts().open() == 0);
    await().until(() -> server.ends() == 1);
  }

  @Test
  @DisplayName("pass: a client that has said all still hears the rest")
  void halfClosed() throws IOException {
    Socket client = connect();
    client.getOutputStream().write("all".getBytes(UTF_8));
    client.shutdownOutput();
    assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("all");
    await().until(() -> proxy.counts().open() == 0);
  }

  @Test
  @DisplayName("pass: a client is reset while its server does not listen, and served afterwards")
  void serverIsAway() throws IOException {
    int port = server.address().getPort();
    server.close();
    assertThatThrownBy(() -> connect().getInputStream().read()).hasMessageContaining("reset");
    try (ServerSocket again = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      Socket client = connect();
      client.getOutputStream().write(7);
      try (Socket accepted = again.accept()) {
        assertThat(accepted.getInputStream().read()).isEqualTo(7);
      }
    }
  }

  @Test
  @DisplayName("cut: connections are closed and new ones refused, until they are let pass again")
  void cut() throws IOException {
    Socket client = talking();
    proxy.cut();
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
    await().until(() -> server.ends() == 1);
    assertThat(proxy.counts().open()).isZero();
    proxy.pass();
    talking();
  }

  @Test
  @DisplayName("reset: connections are reset, and so are new ones")
  void reset() throws IOException {
    Socket client = talking();
    proxy.reset();
    assertReset(client);
    assertThatThrownBy(() -> connect().getInputStream().read()).hasMessageContaining("reset");
    await().until(() -> server.ends() == 1);
    assertThat(server.connections()).isEqualTo(1);
    proxy.pass();
    talking();
  }

  @Test
  @DisplayName("delay: both ways take so much longer, and nothing changes its order")
  void delay() throws Exception {
    Socket client = talking();
    proxy.delay(DELAY);
    long begun = System.nanoTime();
    byte[] sent = bytes(1 << 20);
    CompletableFuture<byte[]> received =
        CompletableFuture.supplyAsync(() -> read(client, sent.length));
    client.getOutputStream().write(sent);
    assertThat(received.get()).isEqualTo(sent);
    assertThat(since(begun)).isGreaterThanOrEqualTo(DELAY.multipliedBy(2));
  }

  @Test
  @DisplayName("delay: one way only where that is asked for")
  void delayOneWay() throws IOException {
    Socket client = talking();
    for (Direction direction : Direction.values()) {
      proxy.delay(direction, DELAY);
      long begun = System.nanoTime();
      echo(client, "late");
      assertThat(since(begun)).isBetween(DELAY, DELAY.multipliedBy(2));
    }
  }

  @Test
  @DisplayName("delay: a late request arrives, though its client was killed and the delay is over")
  void lateRequest() throws IOException {
    Socket client = talking();
    long before = server.received();
    proxy.delay(Direction.REQUESTS, DELAY.multipliedBy(2));
    client.getOutputStream().write("late".getBytes(UTF_8));
    await().until(() -> proxy.counts().bytesUnderWay() == 4);
    client.setSoLinger(true, 0);
    client.close(); // as the kernel closes what a killed process has not read
    proxy.pass();
    server.say("news".getBytes(UTF_8)); // which nobody hears
    server.say("more".getBytes(UTF_8));
    talking();
    assertThat(server.received()).isEqualTo(before + "hello".length());
    await().until(() -> server.received() == before + "hello".length() + "late".length());
    await().until(() -> server.ends() == 1);
  }

  @Test
  @DisplayName(
      "black hole: nothing goes through and nothing is closed; then what lost bytes is reset")
  void blackHole() throws IOException {
    Socket losing = talking();
    Socket silent = talking();
    long before = server.received();
    proxy.blackHole();
    losing.getOutputStream().write("lost".getBytes(UTF_8));
    Socket late = connect();
    late.getOutputStream().write("lost, too".getBytes(UTF_8));
    assertSilent(losing);
    assertSilent(late);
    assertThat(server.received()).isEqualTo(before);
    assertThat(server.ends()).isZero();
    assertThat(proxy.counts().lostBytes()).isEqualTo(4 + 9);

    proxy.pass();
    assertReset(losing);
    assertReset(late);
    echo(silent, "alive");
    talking();
  }

  @Test
  @DisplayName("black hole: the end of a client is not heard of")
  void blackHoleHidesTheEnd() throws IOException {
    Socket client = talking();
    proxy.blackHole();
    client.close();
    await().during(SILENCE).until(() -> server.ends() == 0);
    proxy.pass();
    await().until(() -> server.ends() == 1);
  }

  @Test
  @DisplayName("black hole one way: requests arrive and answers are lost")
  void answersAreLost() throws IOException {
    Socket client = talking();
    long before = server.received();
    proxy.blackHole(Direction.ANSWERS);
    client.getOutputStream().write("done".getBytes(UTF_8));
    await().until(() -> server.received() == before + 4);
    assertSilent(client);
    Socket late = connect();
    late.getOutputStream().write("done".getBytes(UTF_8));
    await().until(() -> server.received() == before + 8);
    assertSilent(late);
    proxy.pass();
    assertReset(client);
    assertReset(late);
  }

  @Test
  @DisplayName("black hole one way: requests are lost and what the server says arrives")
  void requestsAreLost() throws IOException {
    Socket client = talking();
    long before = server.received();
    proxy.blackHole(Direction.REQUESTS);
    client.getOutputStream().write("lost".getBytes(UTF_8));
    server.say("news".getBytes(UTF_8));
    assertThat(read(client, 4)).asString().isEqualTo("news");
    assertThat(server.received()).isEqualTo(before);
    proxy.pass();
    assertReset(client);
  }

  @Test
  @DisplayName("hold: nothing moves and nothing is lost; then everything arrives")
  void hold() throws IOException {
    Socket client = talking();
    long before = server.received();
    proxy.hold();
    client.getOutputStream().write("kept".getBytes(UTF_8));
    Socket late = connect();
    late.getOutputStream().write("kept".getBytes(UTF_8));
    assertSilent(client);
    assertSilent(late);
    assertThat(server.received()).isEqualTo(before);
    proxy.pass();
    assertThat(read(client, 4)).asString().isEqualTo("kept");
    assertThat(read(late, 4)).asString().isEqualTo("kept");
    assertThat(proxy.counts().lostBytes()).isZero();
  }

  @Test
  @DisplayName("hold one way: requests arrive, their answers come afterwards")
  void holdOneWay() throws IOException {
    Socket client = talking();
    long before = server.received();
    proxy.hold(Direction.ANSWERS);
    client.getOutputStream().write("kept".getBytes(UTF_8));
    await().until(() -> server.received() == before + 4);
    assertSilent(client);
    proxy.pass();
    assertThat(read(client, 4)).asString().isEqualTo("kept");
  }

  @Test
  @DisplayName("whoever sends more than is held has to wait")
  void bounded() throws IOException {
    proxy.delay(Duration.ofMinutes(1));
    try (SocketChannel client = SocketChannel.open(proxy.address())) {
      client.configureBlocking(false);
      ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
      long sent = 0;
      long stalled = System.nanoTime();
      while (since(stalled).compareTo(SILENCE) < 0 && sent < 256L << 20) {
        int count = client.write(buffer.clear());
        if (count > 0) {
          sent += count;
          stalled = System.nanoTime();
        } else {
          Thread.onSpinWait();
        }
      }
      // What the kernel holds for a connection on loopback is some megabytes.
      assertThat(sent).isBetween(256L << 10, 32L << 20);
    }
  }

  @Test
  @DisplayName("modes may be set by several threads at a time")
  void threads() throws Exception {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      long seed = i;
      all.add(CompletableFuture.runAsync(() -> disturb(new Random(seed))));
    }
    for (int i = 0; i < 50; i++) {
      try (Socket client = new Socket()) {
        client.connect(proxy.address(), 1000);
        client.getOutputStream().write(bytes(1000));
      } catch (IOException e) {
        // as disturbed as it is
      }
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).get();
    proxy.pass();
    talking();
  }

  private void disturb(Random random) {
    for (int i = 0; i < 50; i++) {
      switch (random.nextInt(6)) {
        case 0 -> proxy.cut();
        case 1 -> proxy.reset();
        case 2 -> proxy.blackHole();
        case 3 -> proxy.hold();
        case 4 -> proxy.delay(Duration.ofMillis(random.nextInt(20)));
        default -> proxy.pass();
      }
    }
  }

  @Test
  @DisplayName("a proxy that was closed leaves no thread and no socket, and cannot be set any more")
  void close() throws IOException {
    leavesNothing(); // the JVM keeps some for itself from the first time on
    long sockets = sockets();
    for (int i = 0; i < 10; i++) {
      leavesNothing();
    }
    await().untilAsserted(() -> assertThat(sockets()).isLessThanOrEqualTo(sockets));
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .filteredOn(name -> name.startsWith("fault-proxy"))
        .containsExactly("fault-proxy-" + proxy.address().getPort());
  }

  private void leavesNothing() throws IOException {
    try (EchoServer other = new EchoServer();
        Socket first = new Socket();
        Socket second = new Socket()) {
      FaultProxy closed = FaultProxy.inFrontOf(other.address());
      first.connect(closed.address());
      echo(first, "hello");
      closed.blackHole();
      second.connect(closed.address());
      closed.close();
      closed.close();
      assertReset(first);
      assertThatThrownBy(closed::pass).isInstanceOf(TestkitException.class);
      assertThatThrownBy(() -> new Socket().connect(closed.address()))
          .isInstanceOf(ConnectException.class);
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .doesNotContain("fault-proxy-" + closed.address().getPort());
      await().until(() -> other.ends() == other.connections());
    }
  }

  private static long sockets() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(FaultProxyTest::isSocket).count();
    }
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }

  private Socket connect() throws IOException {
    Socket client = new Socket();
    clients.add(client);
    client.connect(proxy.address(), 5000);
    client.setSoTimeout(5000);
    return client;
  }

  /** A connection that works. */
  private Socket talking() throws IOException {
    Socket client = connect();
    echo(client, "hello");
    return client;
  }

  private static void echo(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(UTF_8));
    assertThat(read(client, text.length())).asString().isEqualTo(text);
  }

  private static byte[] read(Socket client, int count) {
    try {
      return client.getInputStream().readNBytes(count);
    } catch (IOException e) {
      throw new AssertionError("could not read " + count + " bytes", e);
    }
  }

  private static void assertSilent(Socket client) throws IOException {
    client.setSoTimeout((int) SILENCE.toMillis());
    assertThatThrownBy(() -> client.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    client.setSoTimeout(5000);
  }

  private static void assertReset(Socket client) {
    assertThatThrownBy(() -> client.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(1).nextBytes(bytes);
    return bytes;
  }
}
