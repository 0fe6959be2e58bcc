package io.virtualnode.simulation.protocol;

/** What must never happen. */
enum Violation {
  NONE("nothing is wrong"),
  TWO_RUNS("containers of one proxy have started in two delegates"),
  FALSE_END("the proxy shows an end that is not that of the delegate that ran"),
  FALSE_LOSS("the proxy is Failed as DelegateLost while a delegate is there that runs or may run"),
  GROUNDLESS_LOSS(
      "the proxy is Failed as DelegateLost although nothing ran and nobody else deleted anything"),
  RUN_AFTER_END("a delegate starts although its proxy has shown an end"),
  ELSEWHERE("a delegate runs, or may start, where the proxy's intent does not say"),
  KILLED("a delegate was deleted by us although nobody had deleted its proxy"),
  OTHERS_POD("a pod was deleted that is not ours, or that nobody had deleted"),
  EARLY("the proxy was finally deleted before its delegate had ended");

  private final String words;

  Violation(String words) {
    this.words = words;
  }

  /** What it is, as a sentence. */
  String words() {
    return words;
  }
}
