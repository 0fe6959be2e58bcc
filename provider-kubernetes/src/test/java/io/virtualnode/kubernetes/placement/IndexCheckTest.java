package io.virtualnode.kubernetes.placement;

import static io.virtualnode.kubernetes.capacity.Given.cores;
import static io.virtualnode.kubernetes.capacity.Given.key;
import static io.virtualnode.kubernetes.capacity.Given.node;
import static io.virtualnode.kubernetes.capacity.Given.pod;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtualnode.kubernetes.capacity.Ledger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class IndexCheckTest {

  private final Ledger ledger = new Ledger();
  private final NodeIndex index =
      new NodeIndex(ledger, new NodeOrder(Strategy.PACK), new NodeGroups(64));

  @BeforeEach
  void fill() {
    ledger.observe(index);
    ledger.setFresh("a", true);
    for (int n = 0; n < 9; n++) {
      ledger.setNode(node("a/n" + n).cpu(n).build());
    }
    assertThat(ledger.drift()).isZero();
  }

  @DisplayName("index_that_was_not_told_of_a_change_drifts")
  @Test
  void notTold() {
    ledger.ignore(index);
    ledger.setPod("a", pod("x").on("n8").cpu(1).build());
    assertThat(index.drift()).isEqualTo(1);
  }

  @DisplayName("index_that_was_not_told_of_a_node_drifts")
  @Test
  void unknown() {
    ledger.ignore(index);
    ledger.setNode(node("a/x").cpu(1).build());
    assertThat(index.drift()).isPositive();
    ledger.removeNode(key("a/x"));
    ledger.removeNode(key("a/n1"));
    assertThat(index.drift()).isPositive();
  }

  @DisplayName("drift_of_the_ledger_is_its_observers_too")
  @Test
  void ofLedger() {
    requireNonNull(index.find(key("a/n3"))).held = cores(1);
    assertThat(ledger.drift()).isEqualTo(1);
  }

  @DisplayName("node_that_is_not_in_the_tree_of_its_class_is_drift")
  @Test
  void notInTree() {
    var node = requireNonNull(index.find(key("a/n3")));
    requireNonNull(node.group).tree.remove(node);
    assertThat(ledger.drift()).isEqualTo(1);
  }
}
