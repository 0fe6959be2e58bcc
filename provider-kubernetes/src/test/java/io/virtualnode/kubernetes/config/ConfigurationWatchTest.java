package io.virtualnode.kubernetes.config;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ConfigurationWatchTest {

  private static final Duration OFTEN = Duration.ofMillis(20);
  private static final Duration NEVER = Duration.ofHours(1);
  private static final Duration QUIET = Duration.ofMillis(50);

  @TempDir Path directory;

  private final List<Configuration> delivered = new CopyOnWriteArrayList<>();
  private final List<ConfigurationWatch> open = new ArrayList<>();
  private final List<String> logged = new CopyOnWriteArrayList<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(ConfigurationWatch.class);
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          logged.add(event.getLevel() + " " + event.getFormattedMessage());
        }
      };

  @BeforeEach
  void listen() {
    appender.start();
    logger.addAppender(appender);
    logger.setAdditive(false);
  }

  @AfterEach
  void close() {
    open.forEach(ConfigurationWatch::close);
    logger.detachAppender(appender);
    logger.setAdditive(true);
  }

  @Test
  void a_plain_write_is_delivered() throws Exception {
    var file = write(directory.resolve("vnode.yaml"), "a");
    watch(file, NEVER);
    write(file, "a", "b");

    awaitMembers("a", "b");
  }

  @Test
  void an_editor_that_renames_is_followed_more_than_once() throws Exception {
    var file = write(directory.resolve("vnode.yaml"), "a");
    watch(file, NEVER);
    for (var name : List.of("b", "c")) {
      Files.move(file, directory.resolve("vnode.yaml~" + name));
      Files.move(write(directory.resolve(".swap"), name), file);

      awaitMembers(name);
    }
    assertThat(delivered).hasSize(2);
  }

  @Test
  void a_swapped_symbolic_link_is_followed_as_kubernetes_does_it() throws Exception {
    var file = mountConfigMap("..first", "a");
    watch(file, NEVER);
    for (var name : List.of("b", "c")) {
      write(Files.createDirectory(directory.resolve(".." + name)).resolve("vnode.yaml"), name);
      var link = Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of(".." + name));
      Files.move(link, directory.resolve("..data"), ATOMIC_MOVE);

      awaitMembers(name);
    }
  }

  @Test
  void a_change_without_events_is_found_by_polling(@TempDir Path elsewhere) throws Exception {
    var target = write(elsewhere.resolve("real.yaml"), "a");
    var file = Files.createSymbolicLink(directory.resolve("vnode.yaml"), target);
    watch(file, OFTEN);
    write(target, "b");

    awaitMembers("b");
  }

  @Test
  void a_change_between_reading_and_watching_is_not_lost() throws Exception {
    var file = write(directory.resolve("vnode.yaml"), "a");
    var read = ConfigurationFile.read(file);
    write(file, "b");
    open.add(ConfigurationWatch.start(file, read, delivered::add, NEVER, QUIET, System::nanoTime));
    awaitMembers("b");
  }

  @Test
  void a_half_written_file_is_not_acted_on_though_it_is_valid() throws Exception {
    var file = write(directory.resolve("vnode.yaml"), "a", "b");
    var now = new AtomicLong();
    var looks = new AtomicInteger();
    watch(
        file,
        OFTEN,
        () -> {
          looks.incrementAndGet();
          return now.get();
        });
    now.addAndGet(QUIET.toNanos());
    awaitLooks(looks);

    write(file, "a");
    awaitLooks(looks);
    now.addAndGet(QUIET.toNanos() - 1);
    awaitLooks(looks);
    write(file, "a", "b", "c");
    awaitLooks(looks);
    now.addAndGet(QUIET.toNanos());

    awaitMembers("a", "b", "c");
    assertThat(delivered).hasSize(1);
  }

  @Test
  void the_old_configuration_stays_when_the_new_file_is_faulty() throws Exception {
    var file = write(directory.resolve("vnode.yaml"), "a");
    watch(file, OFTEN);
    Files.writeString(file, "node: {name: Grid}\nmember: []\n");

    await().until(() -> !logged.isEmpty());
    assertThat(logged.get(0))
        .startsWith("ERROR " + file + " is faulty, the configuration before stays in force:")
        .contains("\n  node.name: \"Grid\"")
        .contains("\n  members: missing")
        .contains("\n  member: unknown key, did you mean \"members\"?");
    write(file, "a");
    await().until(() -> logged.contains("INFO " + file + " is without faults again"));
    write(file, "b");
    awaitMembers("b");
    assertThat(delivered).hasSize(1);
    assertThat(logged).filteredOn(line -> line.startsWith("ERROR")).hasSize(1);
  }

  @Test
  void a_deleted_file_changes_nothing() throws Exception {
    var file = write(directory.resolve("vnode.yaml"), "a");
    watch(file, OFTEN);
    Files.delete(file);

    await().until(() -> logged.toString().contains("file not found"));
    assertThat(delivered).isEmpty();
  }

  @Test
  void comments_are_no_change() throws Exception {
    var file = write(directory.resolve("vnode.yaml"), "a");
    watch(file, OFTEN);
    Files.writeString(file, "# only a comment\n" + yaml("a"));
    await().pollDelay(QUIET.multipliedBy(3)).until(() -> true);
    write(file, "b");

    awaitMembers("b");
    assertThat(delivered).hasSize(1);
  }

  @Test
  void a_kubeconfig_that_changes_is_told_with_an_equal_configuration(@TempDir Path keys)
      throws Exception {
    var kubeconfig = KubeconfigText.write(keys.resolve("a.kubeconfig"), "a");
    var file =
        Files.writeString(
            directory.resolve("vnode.yaml"),
            "node: {name: grid}\nmembers: [{name: a, kubeconfig: " + kubeconfig + "}]\n");
    var before = ConfigurationFile.read(file);
    watch(file, NEVER);
    KubeconfigText.write(kubeconfig, "b");

    await().until(() -> !delivered.isEmpty());
    assertThat(delivered).containsExactly(before);
  }

  @Test
  void other_credentials_in_a_kubeconfig_are_no_change_and_another_authority_is(@TempDir Path keys)
      throws Exception {
    var kubeconfig = keys.resolve("a.kubeconfig");
    var authority = Files.writeString(keys.resolve("ca.crt"), "one");
    Files.writeString(kubeconfig, kubeconfig("first"));
    var file =
        Files.writeString(
            directory.resolve("vnode.yaml"),
            "node: {name: grid}\nmembers: [{name: a, kubeconfig: " + kubeconfig + "}]\n");
    var before = ConfigurationFile.read(file);
    watch(file, OFTEN);
    Files.writeString(kubeconfig, kubeconfig("second"));
    await().during(QUIET.multipliedBy(4)).until(delivered::isEmpty);
    Files.writeString(authority, "two");

    await().until(() -> !delivered.isEmpty());
    assertThat(delivered).containsExactly(before);
  }

  private static String kubeconfig(String token) {
    return """
        clusters: [{name: c, cluster: {server: "https://c", certificate-authority: ca.crt}}]
        users: [{name: u, user: {token: %s}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
        .formatted(token);
  }

  @Test
  void a_kubeconfig_that_was_missing_is_noticed_when_it_appears(@TempDir Path keys)
      throws Exception {
    var kubeconfig = keys.resolve("a.kubeconfig");
    var file = write(directory.resolve("vnode.yaml"), "a");
    watch(file, OFTEN);
    Files.writeString(
        file, "node: {name: grid}\nmembers: [{name: b, kubeconfig: " + kubeconfig + "}]\n");
    await().until(() -> logged.toString().contains("members[0].kubeconfig: file not found"));
    KubeconfigText.write(kubeconfig, "b");

    awaitMembers("b");
  }

  @Test
  void watching_goes_on_when_the_callback_fails() throws Exception {
    var file = write(directory.resolve("vnode.yaml"), "a");
    open.add(
        ConfigurationWatch.start(
            file,
            ConfigurationFile.read(file),
            configuration -> {
              delivered.add(configuration);
              throw new IllegalStateException("cannot");
            },
            OFTEN,
            QUIET,
            System::nanoTime));
    write(file, "b");
    awaitMembers("b");
    write(file, "c");
    awaitMembers("c");
    assertThat(logged).contains("ERROR The change of " + file + " could not be applied");
  }

  @Test
  void nothing_is_delivered_after_close() throws Exception {
    var file = write(directory.resolve("vnode.yaml"), "a");
    watch(file, OFTEN);
    open.forEach(ConfigurationWatch::close);
    write(file, "b");

    await().pollDelay(QUIET.multipliedBy(4)).until(() -> true);
    assertThat(delivered).isEmpty();
  }

  /** Watches, and returns when what is in the file now has settled. */
  private void watch(Path file, Duration poll) throws Exception {
    var looks = new AtomicInteger();
    watch(
        file,
        poll,
        () -> {
          looks.incrementAndGet();
          return System.nanoTime();
        });
    await().until(() -> looks.get() >= 2);
  }

  private void watch(Path file, Duration poll, LongSupplier nanoClock) throws Exception {
    open.add(
        ConfigurationWatch.start(
            file, ConfigurationFile.read(file), delivered::add, poll, QUIET, nanoClock));
  }

  private void awaitMembers(String... names) {
    await()
        .untilAsserted(
            () ->
                assertThat(delivered)
                    .last()
                    .satisfies(
                        configuration ->
                            assertThat(configuration.members())
                                .extracting(MemberSettings::name)
                                .containsExactly(names)));
  }

  /** Until whatever is in the file now has been looked at. */
  private static void awaitLooks(AtomicInteger looks) {
    var before = looks.get();
    await().until(() -> looks.get() >= before + 2);
  }

  /** A directory as the kubelet makes it: file → ..data/file, ..data → a dated directory. */
  private Path mountConfigMap(String version, String... members) throws Exception {
    write(Files.createDirectory(directory.resolve(version)).resolve("vnode.yaml"), members);
    Files.createSymbolicLink(directory.resolve("..data"), Path.of(version));
    return Files.createSymbolicLink(directory.resolve("vnode.yaml"), Path.of("..data/vnode.yaml"));
  }

  private static Path write(Path file, String... members) throws Exception {
    return Files.writeString(file, yaml(members));
  }

  private static String yaml(String... members) {
    var yaml = new StringBuilder("node: {name: grid}\nmembers:\n");
    for (var member : members) {
      yaml.append("- {name: ").append(member).append(", namespace: ").append(member).append("}\n");
    }
    return yaml.toString();
  }
}
