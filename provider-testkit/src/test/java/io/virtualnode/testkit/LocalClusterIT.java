package io.virtualnode.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LocalClusterIT {
  @Test
  void starts() {
    long t = System.nanoTime();
    try (LocalCluster c =
        LocalCluster.named("first").nodes(2, NodeShape.of(8, "32Gi")).keepFiles(true).start()) {
      System.err.println("STARTED " + (System.nanoTime() - t) / 1_000_000);
      assertThat(c.client().nodes().list().getItems()).hasSize(2);
      t = System.nanoTime();
    }
    System.err.println("CLOSED " + (System.nanoTime() - t) / 1_000_000);
  }
}
