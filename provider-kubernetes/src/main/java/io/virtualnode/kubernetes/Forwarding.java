package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.virtualnode.api.PodKey;
import io.virtualnode.kubernetes.capacity.NodeKey;
import io.virtualnode.kubernetes.capacity.Scope;
import io.virtualnode.kubernetes.delegate.DelegateStatus;
import io.virtualnode.kubernetes.delegate.Intent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows of one proxy and its delegate, and what follows from it.
 *
 * <p>Pure: facts come in, a {@link Step} comes out; whoever takes the step tells the outcome as a
 * fact. Facts are levels and may be told twice. The rule that everything else hangs on: a delegate
 * is created only where its intent says, and never again once anything shows that it has run.
 *
 * <p>Whoever reads or writes it holds its monitor, but for what its virtual node is.
 */
final class Forwarding {

  /**
   * Where a delegate, or the tombstone of one, is.
   *
   * @param clusterUid the member's cluster, in case its name comes to reach another one
   */
  record Delegate(String member, String clusterUid, String namespace, String name, String uid) {

    static Delegate of(Pod pod, String member, String clusterUid) {
      var metadata = pod.getMetadata();
      return new Delegate(
          member, clusterUid, metadata.getNamespace(), metadata.getName(), metadata.getUid());
    }
  }

  /** How the member that an intent names is seen now. */
  enum Sight {
    /** Its name is not configured, or reaches another cluster than the intended one. */
    NONE,
    /** Its present state is not known: what was not seen there may exist. */
    STALE,
    /** What its watch does not show is not there, but for what was created in the last moments. */
    FRESH
  }

  /** What is to be done next for a proxy that is to run. */
  sealed interface Step {

    /** Nothing, until something changes. */
    record Nothing() implements Step {}

    /** Show what the delegate shows. */
    record Show(PodStatus status) implements Step {}

    /**
     * Find a slot and store it as the intent.
     *
     * @param after the intent that came to nothing, if there was one
     */
    record Place(Optional<Intent> after) implements Step {}

    /** Create the delegate where it is intended. */
    record Create(Intent intent) implements Step {}

    /**
     * Take back the delegate, which has found no node in its member for too long, if there is room
     * elsewhere.
     *
     * @param version the resourceVersion at which it was on no node
     */
    record TakeBack(Delegate delegate, String version, Intent intent) implements Step {}

    /** Ask the member whether the delegate that it accepted is still there. */
    record LookFor(Intent intent) implements Step {}

    /** The delegate ran and is no more; nobody can say how it ended. */
    record GiveUp(String message) implements Step {}

    /** Nothing can be known now; it is looked at again when the member is. */
    record Await(String message) implements Step {}
  }

  /** What is to be done next for a proxy that is to end. */
  sealed interface Removal {

    /** Delete the delegate that is there. */
    record Delete(Delegate delegate) implements Removal {}

    /** Delete the delegate that may be there. */
    record DeleteUnseen(Intent intent) implements Removal {}

    /** Nothing: no delegate is left, and none can come. */
    record Done() implements Removal {}
  }

  private final PodKey proxy;
  private volatile @Nullable Scope scope; // a pod stays where it was bound

  // what the primary shows
  private boolean inPrimary;
  private boolean deleting;
  private @Nullable Intent intent;
  private boolean unreadableIntent;
  private boolean inherited; // the intent is an earlier process's
  private @Nullable PodStatus shown;
  private boolean ranBefore; // it has, or had, a status that only a delegate can have told

  // what the member shows
  private @Nullable Delegate delegate;
  private @Nullable PodStatus status;
  private boolean telling;
  private boolean seen;
  private boolean bound;
  private String version = "";
  private final List<Delegate> tombstones = new ArrayList<>();

  // what this process has done
  private boolean accepted;
  private boolean doubtful;
  private boolean fitsNowhere;
  private long fitsNowhereAt;
  private boolean overdue;
  private String taking = ""; // the delegate whose conditional deletion is under way
  private String takenBack = "";
  private boolean removing;
  private boolean gone;
  private boolean late; // the delegate showed up after the node was told that all had gone

  Forwarding(PodKey proxy) {
    this.proxy = proxy;
  }

  PodKey proxy() {
    return proxy;
  }

  /** What the virtual node is that the proxy is bound to; needs no monitor. */
  void boundTo(Scope virtualNode) {
    scope = virtualNode;
  }

  /** What the virtual node of the proxy stands for, if it is known; needs no monitor. */
  Optional<Scope> scope() {
    return Optional.ofNullable(scope);
  }

  /** Where in the members the proxy may go; needs no monitor. */
  Scope part() {
    var known = scope;
    return known == null ? Scope.WHOLE : known;
  }

  // --- facts

  /** The primary shows the proxy. */
  void observed(Pod pod) {
    inPrimary = true;
    deleting = pod.getMetadata().getDeletionTimestamp() != null;
    shown = pod.getStatus();
    ranBefore |= shown != null && shown.getStartTime() != null;
    try {
      Intent.of(pod).filter(this::isNewer).ifPresent(stored -> adopt(stored, true));
      unreadableIntent = false;
    } catch (IllegalArgumentException e) {
      unreadableIntent = true;
    }
  }

  private boolean isNewer(Intent stored) {
    return intent == null || stored.attempt() > intent.attempt();
  }

  private void adopt(Intent stored, boolean ofAnEarlierProcess) {
    intent = stored;
    inherited = ofAnEarlierProcess;
    accepted = false;
  }

  /** The primary no longer has the proxy. */
  void forgotten() {
    inPrimary = false;
  }

  /** The primary has stored where the delegate goes. */
  void intended(Intent stored) {
    adopt(stored, false);
  }

  /** The intended member says that it has the delegate, before its watch does. */
  void accepted() {
    accepted = true;
    doubtful = false;
  }

  /** The member has gone out of sight, or is back: what it accepted may have gone unseen. */
  void sightChanged() {
    doubtful = true;
  }

  /**
   * The member's watch shows the delegate.
   *
   * @param newVersion its resourceVersion
   * @param onNode whether it is on a node
   * @param newest its status as its proxy is to show it
   * @param tells whether that says anything that the proxy does not show already
   * @return false if the proxy has another one already, which is kept
   */
  boolean delegateSeen(
      Delegate found, String newVersion, boolean onNode, PodStatus newest, boolean tells) {
    if (delegate != null && !delegate.uid().equals(found.uid())) {
      return false;
    }
    delegate = found;
    version = newVersion;
    bound |= onNode;
    status = newest;
    telling |= tells;
    seen = true;
    late |= gone;
    gone = false;
    return true;
  }

  /** Whether that pod is one that was taken back: what is still told of it means nothing. */
  boolean isTakenBack(String uid) {
    return takenBack.equals(uid);
  }

  /** So long after that delegate was created: is it still on no node? */
  boolean overdue(String uid) {
    overdue = delegate != null && delegate.uid().equals(uid) && !bound;
    return overdue;
  }

  /** The delegate is being deleted on condition that it is on no node: its end is no loss. */
  void takingBack(String uid) {
    taking = uid;
  }

  /**
   * There is no room elsewhere, or it has changed: the delegate stays for now.
   *
   * @return whether it has gone meanwhile, by somebody else's doing
   */
  boolean notTakenBack() {
    boolean vanished = !taking.isEmpty() && delegate == null;
    taking = "";
    overdue = false;
    return vanished;
  }

  /** The delegate was deleted while it was provably on no node: it never ran and never will. */
  void takenBack(String uid) {
    taking = "";
    takenBack = uid;
    delegate = null;
    status = null;
    telling = false;
    seen = false;
    accepted = false;
    overdue = false;
  }

  /** A tombstone stands in a member. */
  void tombstoneSeen(Delegate tombstone) {
    tombstoneGone(tombstone.uid());
    tombstones.add(tombstone);
  }

  /** A tombstone was removed; says nothing of any other pod. */
  void tombstoneGone(String uid) {
    tombstones.removeIf(tombstone -> tombstone.uid().equals(uid));
  }

  /** The member no longer has that pod; returns whether it was the delegate. */
  boolean delegateGone(String uid) {
    if (delegate == null || !delegate.uid().equals(uid)) {
      return false;
    }
    delegate = null;
    bound = false;
    overdue = false;
    if (uid.equals(taking)) {
      return false; // whoever takes it back knows why
    }
    return true;
  }

  /** The delegate's deletion was accepted and is followed up until it has gone. */
  void removing() {
    removing = true;
  }

  /** Nothing is left in any member, and nothing will come. */
  void gone() {
    delegate = null;
    removing = false; // what shows up after this is an orphan
    gone = true;
  }

  /** It would fit some node. */
  void mayFit() {
    fitsNowhere = false;
  }

  /** It would fit no node even if that were empty; returns whether it would before. */
  boolean fitsNowhereSince(long nanos) {
    boolean first = !fitsNowhere;
    fitsNowhereAt = first ? nanos : fitsNowhereAt;
    fitsNowhere = true;
    return first;
  }

  /** How long it has fitted no node; empty if it may fit one. */
  Optional<Duration> hasFitNowhereFor(long nanos) {
    return fitsNowhere ? Optional.of(Duration.ofNanos(nanos - fitsNowhereAt)) : Optional.empty();
  }

  // --- what follows

  /** What is to be done for a proxy that is bound to us, neither terminal nor being deleted. */
  Step next(Sight sight) {
    if (delegate != null) {
      if (overdue && !bound && intent != null && sight == Sight.FRESH) {
        return new Step.TakeBack(delegate, version, intent);
      }
      return telling && status != null ? new Step.Show(status) : new Step.Nothing();
    }
    if (intent == null) {
      return unreadableIntent
          ? new Step.Await(
              "condition %s of %s cannot be read: another version wrote it"
                  .formatted(Intent.CONDITION, proxy))
          : new Step.Place(Optional.empty());
    }
    if (isBuried(intent)) {
      return new Step.Place(Optional.of(intent));
    }
    if (sight == Sight.NONE) {
      return new Step.Await(
          "member %s, chosen for %s, is not configured as cluster %s"
              .formatted(intent.member(), proxy, intent.clusterUid()));
    }
    if (seen || ranBefore) {
      // It may only be looked for, never created again.
      return sight == Sight.FRESH
          ? new Step.GiveUp(
              "its delegate on member %s was removed meanwhile".formatted(intent.member()))
          : new Step.Await(
              "member %s, where %s ran, cannot be reached".formatted(intent.member(), proxy));
    }
    if (accepted) {
      return doubtful && sight == Sight.FRESH ? new Step.LookFor(intent) : new Step.Nothing();
    }
    return inherited && sight == Sight.STALE
        ? new Step.Await(
            "whether member %s has the delegate of %s is not known yet"
                .formatted(intent.member(), proxy))
        : new Step.Create(intent);
  }

  /** Whether a tombstone stands where the intent would have its delegate: there is none. */
  private boolean isBuried(Intent where) {
    return tombstones.stream()
        .anyMatch(
            tombstone ->
                tombstone.member().equals(where.member())
                    && tombstone.name().equals(where.delegateName(proxy)));
  }

  /** What is to be done for a proxy that is being deleted, or that the primary no longer has. */
  Removal removal() {
    if (delegate != null) {
      return new Removal.Delete(delegate);
    }
    return intent == null || gone || isBuried(intent)
        ? new Removal.Done()
        : new Removal.DeleteUnseen(intent);
  }

  /** The status to show whenever the delegate's changes; empty while it tells nothing yet. */
  Optional<PodStatus> toShow() {
    return telling ? Optional.ofNullable(status) : Optional.empty();
  }

  /** The end of a proxy whose delegate went away without one; it is the status from now on. */
  PodStatus lost(String message) {
    var last = status != null ? status : shown;
    status = DelegateStatus.lost(last, "DelegateLost", message);
    return status;
  }

  /** Whether the delegate's end, if it went now, would be one that nobody told. */
  boolean wouldBeLost() {
    return inPrimary
        && !deleting
        && (status == null || !DelegateStatus.isTerminal(status.getPhase()));
  }

  /**
   * The slot of a delegate that may exist, or come to exist, without this process having seen it.
   */
  Optional<NodeKey> slotByIntent() {
    return intent == null || seen || gone || isBuried(intent)
        ? Optional.empty()
        : Optional.of(new NodeKey(intent.member(), intent.node()));
  }

  /** Whether a delegate is, or may be, in that member. */
  boolean uses(String member) {
    return delegate != null
        ? delegate.member().equals(member)
        : tombstones.stream().anyMatch(tombstone -> tombstone.member().equals(member))
            || (intent != null
                && !seen
                && !gone
                && !isBuried(intent)
                && intent.member().equals(member));
  }

  /** Whether the proxy waits for that member to tell of its delegate. */
  boolean awaits(String member) {
    return inPrimary && delegate == null && intent != null && intent.member().equals(member);
  }

  boolean isInPrimary() {
    return inPrimary;
  }

  boolean isRemoving() {
    return removing;
  }

  boolean isGone() {
    return gone;
  }

  Optional<Delegate> delegate() {
    return Optional.ofNullable(delegate);
  }

  /** Whether the delegate is, or was, on a node. */
  boolean isBound() {
    return bound;
  }

  /**
   * Whether something of it is left in a member that the node does not know of: a tombstone, or a
   * delegate that came too late.
   */
  boolean hasRemains() {
    return !tombstones.isEmpty() || (delegate != null && late);
  }

  /** All that is left of it in members. */
  List<Delegate> remains() {
    var remains = new ArrayList<>(tombstones);
    if (delegate != null) {
      remains.add(delegate);
    }
    return List.copyOf(remains);
  }

  /** The tombstones that stand for this proxy, to be removed with it. */
  List<Delegate> tombstones() {
    return List.copyOf(tombstones);
  }

  Optional<Intent> intent() {
    return Optional.ofNullable(intent);
  }
}
