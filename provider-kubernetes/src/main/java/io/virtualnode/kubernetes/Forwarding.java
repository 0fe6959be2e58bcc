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
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows of one proxy and its delegate, and what follows from it.
 *
 * <p>Pure: facts come in, a {@link Step} comes out; whoever takes the step tells the outcome as a
 * fact. Facts are levels and may be told twice. The rule that everything else hangs on: only the
 * delegate that the intent names is started, and the intent comes to name another only after that
 * one is proven never to have run.
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

    /** The same, its member being called otherwise now. */
    Delegate in(String otherMember) {
      return new Delegate(otherMember, clusterUid, namespace, name, uid);
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

  private final PodKey proxy;
  private volatile @Nullable Scope scope; // a pod stays where it was bound

  private final ProxyView primary = new ProxyView(); // what the primary shows

  // what the member shows
  private @Nullable Delegate delegate;
  private @Nullable PodStatus status;
  private boolean telling;
  private boolean seen;
  private boolean bound;
  private boolean shut; // it was created and is yet to be started
  private String version = "";
  private final List<Delegate> tombstones = new ArrayList<>();

  // what this process has done
  private boolean accepted;
  private boolean doubtful;
  private boolean fitsNowhere;
  private long fitsNowhereAt;
  private boolean overdue;
  private final Set<String> takenBack = new HashSet<>(); // UIDs of those that never ran
  private final Creation creation = new Creation();
  // created and not intended; to be discarded once no intent can name them any more
  private final List<Delegate> abandoned = new ArrayList<>();
  private boolean givenUp; // its loss is told, whatever another process may have intended meanwhile
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
    if (primary.observed(pod)) {
      anotherIsIntended();
    }
  }

  /** What is decided next is decided on this copy of the proxy: what is stored must follow it. */
  void decidedOn(Pod pod) {
    if (primary.isPresent()) {
      observed(pod);
    }
  }

  private void anotherIsIntended() {
    accepted = false;
    creation.end();
    abandoned.stream().filter(this::isIntended).findFirst().ifPresent(this::intendedAfterAll);
    if (creation.made().filter(made -> !isIntended(made)).isPresent()) {
      creation.forget().ifPresent(abandoned::add);
    }
  }

  private void intendedAfterAll(Delegate prevailed) {
    abandoned.remove(prevailed);
    creation.forget().ifPresent(abandoned::add);
    creation.made(prevailed);
  }

  /** A delegate is going to be created under that name. */
  void creating(String member, String name) {
    creation.begin(member, name).ifPresent(abandoned::add);
  }

  /** A member has a {@linkplain #isStray stray}. */
  void straySeen(Delegate stray) {
    if (!abandoned.contains(stray)) {
      abandoned.add(stray);
    }
  }

  boolean hasAbandoned() {
    return !abandoned.isEmpty() || tombstones.stream().anyMatch(this::isSpent);
  }

  /**
   * What was created, or taken back, and is of no more use: to be discarded by who asks. What was
   * created is told of once.
   */
  List<Delegate> takeAbandoned() {
    var taken = new ArrayList<>(abandoned.stream().filter(this::isPast).toList());
    abandoned.removeAll(taken);
    tombstones.stream().filter(this::isSpent).forEach(taken::add);
    return List.copyOf(taken);
  }

  /**
   * Whether that pod, which is not intended, never will be. An intent that names it may be under
   * way, from an earlier process; it is stored only where the one before it is stored still, and
   * only if the delegate of that one never ran.
   */
  private boolean isPast(Delegate made) {
    return !isIntended(made)
        && intent()
            .filter(intent -> hasRun() || intent.isOfOrAfter(made.name(), proxy))
            .isPresent();
  }

  /** Whether the intended delegate is or was on a node. */
  private boolean hasRun() {
    return primary.hasRun() || (delegate != null && bound && isIntended(delegate));
  }

  /**
   * Whether that tombstone is a delegate that was taken back and proves nothing of use any more.
   */
  private boolean isSpent(Delegate tombstone) {
    return takenBack.contains(tombstone.uid()) && intent().isPresent() && !isNeeded(tombstone);
  }

  /** Whether that tombstone proves of the intended delegate that another one may be intended. */
  boolean isNeeded(Delegate tombstone) {
    return !isToEnd() && isWhereIntended(tombstone);
  }

  /**
   * The primary no longer has the proxy.
   *
   * @param witnessed whether it told of its deletion
   */
  void forgotten(boolean witnessed) {
    primary.forgotten(witnessed);
  }

  /**
   * A cluster is called otherwise now: whatever was said of it is said of that member.
   *
   * @param cluster whether that is its UID
   * @return whether anything was said of it under another name
   */
  boolean rename(Predicate<String> cluster, String member) {
    UnaryOperator<Delegate> renamed =
        where ->
            cluster.test(where.clusterUid()) && !where.member().equals(member)
                ? where.in(member)
                : where;
    boolean changes = false;
    var intended = intent().filter(intent -> cluster.test(intent.clusterUid()));
    if (intended.filter(intent -> !intent.member().equals(member)).isPresent()) {
      primary.rename(intended.get().in(member));
      changes = true;
    }
    if (delegate != null && !renamed.apply(delegate).equals(delegate)) {
      delegate = renamed.apply(delegate);
      changes = true;
    }
    tombstones.replaceAll(renamed);
    abandoned.replaceAll(renamed);
    creation.rename(renamed);
    return changes;
  }

  /** What is being created for it. */
  Creation creation() {
    return creation;
  }

  /** The primary has stored which the delegate is. */
  void intended(Intent stored) {
    primary.intended(stored);
    anotherIsIntended();
  }

  /** The intended member says that it has the delegate, started, before its watch does. */
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
   * @param isShut whether it is yet to be started by us
   * @param onNode whether it is on a node
   * @param newest its status as its proxy is to show it
   * @param tells whether that says anything that the proxy does not show already
   * @return false if the proxy has another one already, which is kept, or if it is {@linkplain
   *     #isStray one that is never to be started}. The intended one takes the place of one that is
   *     not, and has not been started
   */
  boolean delegateSeen(
      Delegate found,
      String newVersion,
      boolean isShut,
      boolean onNode,
      PodStatus newest,
      boolean tells) {
    if (isStray(found, isShut)) {
      return false;
    }
    if (delegate != null && !delegate.uid().equals(found.uid())) {
      if (!shut || isIntended(delegate) || !isIntended(found)) {
        return false;
      }
      abandoned.add(delegate); // it was being created when another one prevailed
      bound = false;
      telling = false;
    }
    delegate = found;
    version = newVersion;
    shut = isShut;
    bound |= onNode;
    status = newest;
    telling |= tells;
    seen |= !isShut || isIntended(found);
    late |= gone;
    gone = false;
    return true;
  }

  /**
   * Whether that pod was created by a request that came too late: its proxy is there, and is
   * intended elsewhere or nowhere. It never ran, and nobody starts it.
   */
  boolean isStray(Delegate found, boolean isShut) {
    return isShut
        && primary.isPresent()
        && !primary.isUnreadable() // else another version may intend it
        && !isIntended(found)
        && !creation.isUnderWay(found);
  }

  /** Whether the intent names that pod. */
  boolean isIntended(Delegate found) {
    return intent().flatMap(Intent::delegateUid).filter(found.uid()::equals).isPresent();
  }

  /** Whether that pod is the intended one, also where the intent does not name its UID. */
  private boolean isWhereIntended(Delegate found) {
    return intent()
        .filter(
            intent ->
                intent
                    .delegateUid() // whatever the member is called now
                    .map(uid -> uid.equals(found.uid()))
                    .orElseGet(
                        () ->
                            intent.member().equals(found.member())
                                && intent.delegateName(proxy).equals(found.name())))
        .isPresent();
  }

  /** Whether that delegate may be started now. */
  boolean mayStart(Delegate found) {
    return primary.isPresent() && !primary.isUnreadable() && !isToEnd() && isIntended(found);
  }

  private boolean isToEnd() {
    return primary.isDeleting() || removing || primary.isTerminal() || givenUp;
  }

  /** Whether that pod is one that was taken back: what is still told of it means nothing. */
  boolean isTakenBack(String uid) {
    return takenBack.contains(uid);
  }

  /** So long after that delegate was created: is it still on no node? */
  boolean overdue(String uid) {
    overdue = delegate != null && delegate.uid().equals(uid) && !bound;
    return overdue;
  }

  /** There is no room elsewhere, or it has changed: the delegate stays for now. */
  void notTakenBack() {
    overdue = false;
  }

  /**
   * A delegate was deleted while it was provably on no node: it never ran and never will, and is
   * kept in its member to show that.
   *
   * @return whether that is news of the intended delegate
   */
  boolean takenBack(Delegate unrun) {
    tombstoneSeen(unrun);
    boolean news = takenBack.add(unrun.uid());
    creation.gone(unrun.uid());
    abandoned.remove(unrun);
    boolean known = delegate != null && delegate.uid().equals(unrun.uid());
    if (known) {
      delegate = null;
      status = null;
      telling = false;
      overdue = false;
    }
    boolean intended = known || isWhereIntended(unrun);
    if (intended) {
      seen = false;
      accepted = false;
    }
    return news && intended;
  }

  /** A delegate that was never started has been deleted because it was not intended. */
  void discarded(String uid) {
    takenBack.add(uid);
    creation.gone(uid);
    if (delegate != null && delegate.uid().equals(uid)) {
      delegate = null;
      status = null;
      telling = false;
    }
  }

  /** A tombstone stands in a member; says nothing of what it stands for. */
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
    creation.gone(uid);
    abandoned.removeIf(made -> made.uid().equals(uid));
    if (delegate == null || !delegate.uid().equals(uid)) {
      return false;
    }
    // Never started, and no end of the proxy's: another one is intended, or may be created.
    boolean unused =
        primary.isPresent() && shut && !isIntended(delegate) && (intent().isPresent() || !removing);
    delegate = null;
    bound = false;
    overdue = false;
    return !unused;
  }

  /** The delegate's deletion was accepted and is followed up until it has gone. */
  void removing() {
    removing = true;
  }

  /** Nothing is left in any member, and nothing will come. */
  void gone() {
    if (delegate != null && shut && !isIntended(delegate)) {
      straySeen(delegate); // which nobody starts, and nobody has deleted
    }
    delegate = null;
    creation.forget().ifPresent(this::straySeen);
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
    if (primary.isUnreadable()) {
      return delegate == null || shut ? new Step.LeaveAlone(unreadable()) : show();
    }
    if (delegate != null && isStray(delegate, shut) && isPast(delegate)) {
      return new Step.Discard(delegate);
    }
    if (delegate != null && (!shut || isIntended(delegate))) {
      return with(delegate, sight);
    }
    return intent().map(intent -> without(intent, sight)).orElseGet(this::withoutIntent);
  }

  private Step with(Delegate there, Sight sight) {
    if (overdue && !bound && intent().isPresent() && sight == Sight.FRESH) {
      return new Step.TakeBack(there, version, intent().get());
    }
    if (isToBeStarted()) {
      return new Step.Start(there);
    }
    return show();
  }

  private Step show() {
    return telling && status != null ? new Step.Show(status) : new Step.Nothing();
  }

  /** The delegate that is intended is not there, as far as is seen. */
  private Step without(Intent intent, Sight sight) {
    if ((isTakenBack(intent) || isBuried(intent)) && !seen && !primary.hasRun()) {
      return new Step.Place(Optional.of(intent));
    }
    if (sight == Sight.NONE) {
      return new Step.NotConfigured(intent);
    }
    var made = creation.made();
    if (!accepted && made.filter(this::mayStart).isPresent()) {
      return new Step.Start(made.get());
    }
    if (seen || primary.hasRun() || (primary.isInherited() && !accepted)) {
      // It may only be looked for: nobody creates it again.
      return sight == Sight.FRESH
          ? new Step.GiveUp(
              "its delegate on member %s was removed meanwhile".formatted(intent.member()))
          : new Step.AwaitSight();
    }
    return doubtful && sight == Sight.FRESH ? new Step.LookFor(intent) : new Step.Nothing();
  }

  private Step withoutIntent() {
    if (seen) {
      return new Step.GiveUp("its delegate was removed, and the primary does not know of it");
    }
    return primary.hasRun()
        ? new Step.Await("%s has run, and the primary does not know where".formatted(proxy))
        : new Step.Place(Optional.empty());
  }

  private String unreadable() {
    return "condition %s of %s cannot be read: another version wrote it"
        .formatted(Intent.CONDITION, proxy);
  }

  /** Whether another delegate may be intended: none is, or it is proven that it never ran. */
  boolean mayIntend() {
    return !primary.isUnreadable()
        && intent().map(intent -> isBuried(intent) || isTakenBack(intent)).orElse(true);
  }

  private boolean isTakenBack(Intent where) {
    return where.delegateUid().filter(takenBack::contains).isPresent();
  }

  /** Whether a tombstone stands where the intent would have its delegate: there is none. */
  boolean isBuried(Intent where) {
    return tombstones.stream()
        .anyMatch(
            tombstone ->
                tombstone.member().equals(where.member())
                    && tombstone.name().equals(where.delegateName(proxy)));
  }

  /** What is to be done for a proxy that is being deleted, or that the primary no longer has. */
  Removal removal() {
    if (delegate != null && !shut) {
      return new Removal.Delete(delegate);
    }
    if (primary.isPresent() && primary.isUnreadable()) {
      return new Removal.Unreadable(unreadable());
    }
    if (delegate != null && (isIntended(delegate) || intent().isEmpty())) {
      return new Removal.Delete(delegate);
    }
    // What was created and is not intended never starts: it is an orphan once the proxy is gone.
    return intent()
        .filter(intent -> !gone && !isBuried(intent))
        .<Removal>map(Removal.DeleteUnseen::new)
        .orElseGet(Removal.Done::new);
  }

  /** The status to show whenever the delegate's changes; empty while it tells nothing yet. */
  Optional<PodStatus> toShow() {
    if (telling) {
      return Optional.ofNullable(status);
    }
    // It is there, and the proxy shows that nobody knows.
    return delegate != null && primary.saysOutOfSight()
        ? Optional.of(DelegateStatus.pending())
        : Optional.empty();
  }

  /** The end of a proxy whose delegate went away without one; it is the status from now on. */
  PodStatus lost(String message) {
    var last = status != null ? status : shown().orElse(null);
    status = DelegateStatus.lost(last, "DelegateLost", message);
    givenUp = true;
    return status;
  }

  /** Whether the delegate's end, if it went now, would be one that nobody told. */
  boolean wouldBeLost() {
    return primary.isPresent() && !primary.isDeleting() && !hasEnded();
  }

  /**
   * The slot of a delegate that may exist, or come to exist, without this process having seen it.
   */
  Optional<NodeKey> slotByIntent() {
    return intent()
        .filter(intent -> !seen && !gone && !isBuried(intent) && !isTakenBack(intent))
        .map(intent -> new NodeKey(intent.member(), intent.node()));
  }

  /** The slot of a delegate that is, or may be, in that member and has not ended. */
  Optional<NodeKey> slotIn(String member) {
    return intent()
        .filter(intent -> isAlive() && isAt(member))
        .map(intent -> new NodeKey(intent.member(), intent.node()));
  }

  /** Whether a delegate is, or may be, in that member. */
  boolean uses(String member) {
    return remains().stream().anyMatch(remain -> remain.member().equals(member))
        || (delegate == null
            && (creation.isIn(member)
                || slotByIntent().filter(slot -> slot.member().equals(member)).isPresent()));
  }

  /** The status that the delegate was last known to have: by its member, or by the primary. */
  Optional<PodStatus> lastKnown() {
    return status != null ? toShow() : shown();
  }

  /** What the primary shows that a delegate can have told. */
  Optional<PodStatus> shown() {
    return primary.shown().map(DelegateStatus::told);
  }

  /** Whether its delegate is in that member, or was when it was last heard of. */
  boolean isAt(String member) {
    return delegate != null
        ? delegate.member().equals(member)
        : !gone && isIntendedIn(member) && !neverRan();
  }

  /** Whether the intended delegate is known never to have run. */
  private boolean neverRan() {
    return intent().filter(intent -> isTakenBack(intent) || isBuried(intent)).isPresent();
  }

  /** Whether the primary has the proxy and it has not ended. */
  boolean isAlive() {
    return primary.isPresent() && !primary.isTerminal() && !hasEnded();
  }

  /** Whether somebody has ended the proxy while its delegate runs. */
  boolean isEndedAhead() {
    return primary.isPresent() && primary.isTerminal() && runs() && !removing;
  }

  /** Whether the proxy waits for that member to tell of its delegate. */
  boolean awaits(String member) {
    return primary.isPresent() && delegate == null && isIntendedIn(member);
  }

  private boolean isIntendedIn(String member) {
    return intent().filter(intent -> intent.member().equals(member)).isPresent();
  }

  /** Whether the primary no longer has the proxy and never said why. */
  boolean isMissing() {
    return primary.isMissing();
  }

  /** Whether the delegate is there, was started, and has not ended as far as is known. */
  boolean runs() {
    return delegate != null && !shut && !hasEnded();
  }

  /** Whether the delegate's status, as far as it is known, is an end. */
  private boolean hasEnded() {
    return status != null && DelegateStatus.isTerminal(status.getPhase());
  }

  /** Whether the delegate is there, intended, and has yet to be started. */
  boolean isToBeStarted() {
    return delegate != null && shut && !accepted && mayStart(delegate);
  }

  boolean isInPrimary() {
    return primary.isPresent();
  }

  boolean isRemoving() {
    return removing;
  }

  boolean isGone() {
    return gone;
  }

  /** Whether its proxy is gone and nothing of it is left that has to be looked after. */
  boolean isOver() {
    return !primary.isPresent() && (gone || removing) && delegate == null && !hasRemains();
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
   * delegate that came too late or is not the intended one.
   */
  boolean hasRemains() {
    return !tombstones.isEmpty() || !abandoned.isEmpty() || (delegate != null && late);
  }

  /** All that is left of it in members. */
  List<Delegate> remains() {
    var remains = new LinkedHashSet<>(tombstones);
    remains.addAll(abandoned);
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
    return primary.intent();
  }
}
