package io.virtualnode.examples.federation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
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

  private int execute(String... arguments) {
    return FederationDemo.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }
}
