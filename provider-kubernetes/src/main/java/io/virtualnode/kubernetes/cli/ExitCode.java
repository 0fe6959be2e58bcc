package io.virtualnode.kubernetes.cli;

/** What the command tells the shell. */
final class ExitCode {

  static final int OK = 0;

  /** A cluster is unreachable, a permission missing, or the node ended with an error. */
  static final int FAILED = 1;

  /** The command line or the configuration is faulty; nothing was contacted. */
  static final int FAULTY = 2;

  /** What was waited for did not come in the time given. */
  static final int TIMED_OUT = 3;

  private ExitCode() {}
}
