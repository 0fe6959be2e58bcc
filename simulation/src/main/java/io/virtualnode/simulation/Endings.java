package io.virtualnode.simulation;

import static java.util.Objects.requireNonNull;

import io.virtualnode.kubernetes.capacity.Scope;

/** What is written to the primary of a delegate, and its end; as {@code Ending}. */
final class Endings {

  private static final int RETRY_MILLIS = 200;
  private static final int STORED_MILLIS = 10;

  private final Shell shell;

  Endings(Shell shell) {
    this.shell = shell;
  }

  /** Its delegate is no more, and nobody can say how it ended. */
  void giveUp(Forwarded f) {
    writeEnd(f);
    allGone(f);
  }

  /** Nothing is left in any member. */
  void allGone(Forwarded f) {
    f.gone = true;
    f.delegate = null;
    f.removing = false;
    shell.release(f);
    if (f.deleting) {
      finalizeDeletion(f);
    }
    if (!f.inPrimary) {
      shell.forwardings.remove(f.proxy.uid());
    }
  }

  private void finalizeDeletion(Forwarded f) {
    shell
        .site
        .network()
        .ask(
            () -> true,
            false,
            () -> shell.site.primary().finalizeDeletion(f.proxy),
            ok -> shell.ifAlive(() -> retry(!ok, () -> finalizeDeletion(f))));
  }

  /** The proxy is written running. */
  void writeRunning(Forwarded f) {
    if (!f.ranBefore) {
      f.ranBefore = true;
      shell
          .site
          .network()
          .ask(() -> true, false, () -> shell.site.primary().run(f.proxy), ok -> {});
    }
  }

  /** The proxy is written terminal; again and again until that is done. */
  void writeEnd(Forwarded f) {
    if (!f.writing && !f.terminal) {
      f.writing = true;
      write(f);
    }
  }

  void soonAfterStored(Forwarded f) {
    var scope = requireNonNull(f.proxy.node).scope;
    shell.site.agenda().in(STORED_MILLIS, () -> shell.ifAlive(() -> writeEndOnceStored(f, scope)));
  }

  /** Likewise, but not before the Node shows the offer that the end has lowered. */
  private void writeEndOnceStored(Forwarded f, Scope scope) {
    if (shell.isStored(scope)) {
      writeEnd(f);
    } else {
      shell
          .site
          .agenda()
          .in(STORED_MILLIS, () -> shell.ifAlive(() -> writeEndOnceStored(f, scope)));
    }
  }

  private void write(Forwarded f) {
    shell
        .site
        .network()
        .ask(
            () -> true,
            false,
            () -> shell.site.primary().terminate(f.proxy),
            ok -> shell.ifAlive(() -> retry(!ok, () -> write(f))));
  }

  private void retry(boolean wanted, Runnable what) {
    if (wanted) {
      shell.site.agenda().in(RETRY_MILLIS, () -> shell.ifAlive(what));
    }
  }
}
