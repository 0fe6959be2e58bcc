package io.virtualnode.examples.federation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
final class FederationDemoTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          --members 0     | --members is 0, must be 1 to 9
          --nodes 51      | --nodes is 51, must be 1 to 50
          --cores -1      | --cores is -1, must be 1 to 256
          --jobs 5001     | --jobs is 5001, must be 1 to 5000
          --jobs many     | "'many' is not an int"
          --jobs          | "Missing required parameter for option '--jobs'"
          --color         | "Unknown option: '--color'"
          """)
  void wrong_option_ends_with_code_2_and_says_what_is_wrong(String arguments, String message) {
    assertThat(execute(arguments.split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains(message);
  }

  @Test
  void help_names_every_option() {
    assertThat(execute("--help")).isZero();
    assertThat(out.toString())
        .contains("--members=N", "--nodes=N", "--cores=N", "--jobs=N", "--keep", "Exit codes");
  }

  @Test
  void log_is_kept_and_the_stack_told_when_something_fails_that_nobody_thought_of()
      throws Exception {
    var said =
        conclude(
            () -> {
              throw new IllegalArgumentException("what is this");
            },
            false);

    assertThat(said)
        .contains("FAILED: java.lang.IllegalArgumentException: what is this")
        .contains("at " + FederationDemoTest.class.getName(), "the virtual node's log is kept: ");
  }

  @Test
  void log_is_kept_and_no_stack_told_when_the_message_says_it_all() throws Exception {
    var said =
        conclude(
            () -> {
              throw new DemoException("not within 120 s: rain");
            },
            false);

    assertThat(said)
        .contains("FAILED: not within 120 s: rain", "the virtual node's log is kept: ")
        .doesNotContain("\tat ");
  }

  @Test
  void log_is_kept_when_a_fault_is_found_and_only_then() throws Exception {
    assertThat(conclude(() -> List.of("2 delegates run for x"), false))
        .contains("WRONG: 2 delegates run for x", "FAILED", "the virtual node's log is kept: ");
    assertThat(conclude(List::of, false)).isEqualTo("OK\n");
  }

  @Test
  void nothing_is_said_or_kept_when_it_fails_because_it_is_being_ended() throws Exception {
    assertThat(
            conclude(
                () -> {
                  throw new IllegalStateException("closed");
                },
                true))
        .isEmpty();
  }

  private static String conclude(Callable<List<String>> demo, boolean stopped) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var said = new PrintStream(bytes, true, UTF_8);
    var federation = new Federation(said);
    Files.writeString(federation.log(), "the node's last words");
    FederationDemo.conclude(demo, federation, said, () -> stopped);
    federation.close();
    var kept = Files.exists(federation.log());
    assertThat(kept).isEqualTo(bytes.toString(UTF_8).contains("is kept"));
    if (kept) {
      Files.delete(federation.log());
      Files.delete(requireNonNull(federation.log().getParent()));
    }
    return bytes.toString(UTF_8);
  }

  private int execute(String... arguments) {
    return FederationDemo.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }
}
