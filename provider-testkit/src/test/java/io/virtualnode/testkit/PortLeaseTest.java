package io.virtualnode.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PortLeaseTest {

  @Test
  @DisplayName("a leased port is not leased again, here or in another JVM, until it is given back")
  void exclusive() throws IOException, InterruptedException {
    PortLease lease = PortLease.acquire();
    assertThat(PortLease.of(lease.port())).isEmpty();
    // Whoever opens and closes the lock's file in this JVM gives up the lock for all of it.
    assertThat(anotherJvm(lease.port())).isEqualTo("taken");

    lease.close();
    assertThat(anotherJvm(lease.port())).isEqualTo("leased");
    try (PortLease again = PortLease.of(lease.port()).orElseThrow()) {
      assertThat(again.port()).isEqualTo(lease.port());
    }
  }

  @Test
  @DisplayName("a port on which somebody listens is not leased")
  void listening() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(PortLease.of(socket.getLocalPort())).isEmpty();
      assertThat(PortLease.of(socket.getLocalPort())).isEmpty();
    }
  }

  private static String anotherJvm(int port) throws IOException, InterruptedException {
    Process jvm = GuardedProcessTest.startJvm(Other.class, Integer.toString(port));
    String answer = new String(jvm.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(jvm.waitFor()).isZero();
    return answer;
  }

  /** Tries to lease a port. */
  static final class Other {
    private Other() {}

    public static void main(String[] args) {
      boolean leased = PortLease.of(Integer.parseInt(args[0])).isPresent();
      System.out.println(leased ? "leased" : "taken");
    }
  }
}
