package io.virtualnode.simulation;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** How long messages take, and which are lost or come twice. */
final class Network {

  private static final int TIMEOUT_MILLIS = 1000;
  private static final int VERY_LATE_MILLIS = 4000;
  private static final int PER_THOUSAND = 1000;

  private final Agenda agenda;
  private final RandomGenerator random;
  final int lagMillis;
  private int faultsPerThousand;

  /**
   * A network.
   *
   * @param lagMillis how long anything takes at most that is not lost
   */
  Network(Agenda agenda, RandomGenerator random, int lagMillis, int faultsPerThousand) {
    this.agenda = agenda;
    this.random = random;
    this.lagMillis = lagMillis;
    this.faultsPerThousand = faultsPerThousand;
  }

  void calm() {
    faultsPerThousand = 0;
  }

  boolean fails() {
    return random.nextInt(PER_THOUSAND) < faultsPerThousand;
  }

  /** Mostly short, at times as long as can be. */
  int delay() {
    int bound = random.nextInt(4) == 0 ? lagMillis : Math.max(1, lagMillis / 8);
    return 1 + random.nextInt(bound);
  }

  /**
   * A request, which may be lost, answered in vain, or carried out a second time much later.
   *
   * @param answer told whether it was carried out, as far as is known
   */
  void ask(
      BooleanSupplier reachable, boolean mayRepeat, Runnable action, Consumer<Boolean> answer) {
    agenda.in(
        delay() / 2 + 1,
        () -> {
          if (!reachable.getAsBoolean() || fails()) {
            agenda.in(TIMEOUT_MILLIS, () -> answer.accept(false));
            return;
          }
          action.run();
          if (mayRepeat && fails()) {
            agenda.in(random.nextInt(VERY_LATE_MILLIS) + 1, action);
          }
          boolean lost = fails();
          agenda.in(lost ? TIMEOUT_MILLIS : delay() / 2 + 1, () -> answer.accept(!lost));
        });
  }
}
