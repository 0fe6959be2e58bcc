package io.virtualnode.examples.federation;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * All clusters side by side, put together from what the watches of their API servers say, and the
 * two checks on it. Thread-safe.
 *
 * <p><b>Running in the primary = running in the members.</b> Compared pod by pod at every change on
 * either side, by the proxy's UID: as many here as there could be chance, one too early and another
 * too late. A difference counts when it lasts longer than {@link #SETTLE}. Watches rather than
 * polls, because they miss no phase and say within milliseconds when it began. Still a watch can
 * only be late, and two watches can be late differently; so what is {@link #overdue} is read afresh
 * on both sides before the check is called broken ({@link Watches}). What nobody has read afresh
 * and has settled only after {@link #SETTLE} and {@link #OWN_LAG} is a breach, too, so that nothing
 * depends on when somebody looks. Two delegates that run for one proxy are a breach at once.
 *
 * <p><b>Offered ≤ free.</b> What the virtual node has left (allocatable less the requests bound to
 * it) is not more than what is free in the members, with the same time to settle.
 */
final class Picture {

  /** How long the two sides may differ. */
  static final Duration SETTLE = Duration.ofSeconds(1);

  /**
   * By how much this process may see a change later than it was: two watches and a busy machine.
   */
  static final Duration OWN_LAG = Duration.ofMillis(250);

  /** How a Job has ended. */
  record JobEnd(boolean succeeded, String message) {}

  private static final String OFFER = "offer";

  private final LongSupplier nanoTime;
  private final String node;
  private final int jobs;
  private final Map<String, ClusterPicture> members;

  // all guarded by this
  private final ClusterPicture primary = new ClusterPicture("primary");
  private final SettlingCheck agreement;
  private final SettlingCheck offer;
  private final Map<String, JobEnd> ended = new HashMap<>();
  private long start;
  private long lastChange;
  private int peakRunning;

  /**
   * An empty picture.
   *
   * @param node the virtual node's name
   * @param members the members' names
   * @param jobs how many Jobs there will be
   * @param nanoTime a monotonic clock
   */
  Picture(String node, List<String> members, int jobs, LongSupplier nanoTime) {
    this.node = node;
    this.jobs = jobs;
    this.nanoTime = nanoTime;
    this.members = new LinkedHashMap<>();
    members.forEach(name -> this.members.put(name, new ClusterPicture(name)));
    this.start = nanoTime.getAsLong();
    this.lastChange = start;
    this.agreement = new SettlingCheck(SETTLE, OWN_LAG, this::lateAgreement);
    this.offer = new SettlingCheck(SETTLE, OWN_LAG, this::lateOffer);
  }

  private String lateAgreement(String uid, Duration lasted) {
    return "the primary and the members differed for %d ms about %s"
        .formatted(lasted.toMillis(), describe(uid));
  }

  private String lateOffer(String subject, Duration lasted) {
    return "%s offered more than was free for %d ms".formatted(node, lasted.toMillis());
  }

  /** Begins to count time. */
  synchronized void begin() {
    start = nanoTime.getAsLong();
    lastChange = start;
  }

  /** A pod as its cluster has it now; the primary is the cluster without a name. */
  synchronized void pod(Optional<String> member, PodFact pod) {
    cluster(member).pod(pod);
    changed(pod);
  }

  synchronized void podGone(Optional<String> member, PodFact pod) {
    cluster(member).podGone(pod);
    changed(pod);
  }

  synchronized void node(Optional<String> member, String name, ClusterPicture.Cpu cpu) {
    cluster(member).node(name, cpu);
    compareOffer(nanoTime.getAsLong());
  }

  synchronized void nodeGone(Optional<String> member, String name) {
    cluster(member).nodeGone(name);
    compareOffer(nanoTime.getAsLong());
  }

  synchronized void jobEnded(String name, JobEnd end) {
    ended.put(name, end);
  }

  private ClusterPicture cluster(Optional<String> member) {
    return member.isEmpty()
        ? primary
        : Optional.ofNullable(members.get(member.get())).orElseThrow();
  }

  private void changed(PodFact pod) {
    long now = nanoTime.getAsLong();
    lastChange = now;
    peakRunning = Math.max(peakRunning, primary.running());
    String uid = pod.proxyUid();
    int inPrimary = primary.running(uid);
    int inMembers = members.values().stream().mapToInt(member -> member.running(uid)).sum();
    agreement.observe(uid, inPrimary == inMembers, now);
    if (inMembers > 1) {
      agreement.broken(uid, "%d delegates run for %s".formatted(inMembers, describe(uid)), now);
    }
    compareOffer(now);
  }

  private void compareOffer(long now) {
    long free = members.values().stream().mapToLong(ClusterPicture::freeMillis).sum();
    offer.observe(OFFER, primary.freeMillis() <= Math.max(0, free), now);
  }

  /** The UIDs of the proxies about which the two sides have differed for too long. */
  synchronized List<String> overdue() {
    return agreement.overdue(nanoTime.getAsLong());
  }

  /** Whether more has been offered than is free for too long. */
  synchronized boolean offerOverdue() {
    return !offer.overdue(nanoTime.getAsLong()).isEmpty();
  }

  /** Both sides are read afresh about a proxy; {@link #judged} will follow. */
  synchronized void lookedAt(String uid) {
    agreement.lookedAt(uid);
  }

  /** The same about the offer; {@link #offerJudged} will follow. */
  synchronized void offerLookedAt() {
    offer.lookedAt(OFFER);
  }

  /** What a fresh look at the API servers has shown of a proxy that was overdue. */
  synchronized void judged(String uid, Optional<String> fault) {
    long now = nanoTime.getAsLong();
    fault.ifPresentOrElse(
        what -> agreement.broken(uid, "%s for over 1 s: %s".formatted(what, describe(uid)), now),
        () -> agreement.settled(uid, now));
  }

  /** What a fresh look at the API servers has shown of the offer. */
  synchronized void offerJudged(Optional<String> fault) {
    long now = nanoTime.getAsLong();
    fault.ifPresentOrElse(
        reason -> offer.broken(OFFER, reason, now), () -> offer.settled(OFFER, now));
  }

  synchronized boolean allJobsEnded() {
    return ended.size() >= jobs;
  }

  /** How long no pod has changed. */
  synchronized Duration still() {
    return Duration.ofNanos(nanoTime.getAsLong() - lastChange);
  }

  synchronized boolean agrees() {
    return agreement.isTrueNow() && offer.isTrueNow();
  }

  synchronized Snapshot snapshot() {
    var cpu = primary.nodeCpu(node).orElse(new ClusterPicture.Cpu(0, 0));
    return new Snapshot(
        Duration.ofNanos(nanoTime.getAsLong() - start),
        cpu.capacityMillis(),
        cpu.allocatableMillis(),
        primary.boundMillis(),
        Math.max(0, jobs - Math.toIntExact(primary.pods().count())),
        primary.inPhase("Pending"),
        primary.running(),
        primary.inPhase("Succeeded"),
        primary.inPhase("Failed"),
        members.values().stream()
            .map(
                member ->
                    new Snapshot.MemberRow(
                        member.name(),
                        member.boundMillis(),
                        member.allocatableMillis(),
                        member.running()))
            .toList(),
        agreement.made(),
        agreement.isTrueNow(),
        agreement.breaches().size());
  }

  /** What there is to say at the end. */
  synchronized Outcome outcome() {
    return new Outcome(
        jobs,
        Map.copyOf(ended),
        primary.pods().filter(pod -> pod.phase().equals("Pending")).toList(),
        Duration.ofNanos(nanoTime.getAsLong() - start),
        peakRunning,
        coreSeconds(),
        agreement.made(),
        agreement.longest(),
        Stream.concat(agreement.breaches().stream(), offer.breaches().stream()).toList());
  }

  private double coreSeconds() {
    return primary.pods().mapToDouble(p -> p.cpuMillis() / 1e6 * p.ran().toMillis()).sum();
  }

  private String describe(String uid) {
    return primary
            .pods()
            .filter(pod -> pod.uid().equals(uid))
            .map(pod -> pod.namespace() + "/" + pod.name())
            .findFirst()
            .orElse("a pod that the primary does not have")
        + " ("
        + uid
        + ")";
  }
}
