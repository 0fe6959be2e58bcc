package io.virtualnode.kubernetes;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which way the arrows point, as the design lists them. */
@AnalyzeClasses(
    packages = "io.virtualnode.kubernetes",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String ROOT = "io.virtualnode.kubernetes";
  private static final String[] PURE = {
    ROOT + ".capacity..", ROOT + ".placement..", ROOT + ".delegate.."
  };

  @ArchTest
  static final ArchRule pure_packages_know_no_client_thread_file_or_socket =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.fabric8.kubernetes.client..",
              "java.util.concurrent..",
              "java.io..",
              "java.net..",
              "java.nio.file..",
              "org.slf4j..");

  @ArchTest
  static final ArchRule pure_packages_know_no_clock =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.time..")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class);

  @ArchTest
  static final ArchRule capacity_depends_on_no_other_package_of_ours =
      noClasses()
          .that()
          .resideInAPackage(ROOT + ".capacity..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("io.virtualnode..")
                  .and(resideOutsideOfPackage(ROOT + ".capacity..")));

  @ArchTest
  static final ArchRule pure_packages_do_not_depend_on_those_with_effects =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              ROOT,
              ROOT + ".account..",
              ROOT + ".member..",
              ROOT + ".cli..",
              ROOT + ".mirror..",
              ROOT + ".stream..",
              ROOT + ".console..",
              ROOT + ".config..");

  @ArchTest
  static final ArchRule the_account_depends_on_pure_packages_only =
      noClasses()
          .that()
          .resideInAPackage(ROOT + ".account..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              ROOT,
              ROOT + ".member..",
              ROOT + ".cli..",
              ROOT + ".config..",
              "io.fabric8.kubernetes.client..");

  @ArchTest
  static final ArchRule configuration_depends_on_nothing_of_ours_but_placement_which_it_configures =
      noClasses()
          .that()
          .resideInAPackage(ROOT + ".config..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              ROOT,
              ROOT + ".member..",
              ROOT + ".capacity..",
              ROOT + ".delegate..",
              ROOT + ".cli..");

  @ArchTest
  static final ArchRule packages_form_no_cycle =
      slices().matching(ROOT + ".(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule only_the_api_and_the_node_of_our_modules_are_used =
      classes()
          .should()
          .onlyDependOnClassesThat(
              resideOutsideOfPackage("io.virtualnode..")
                  .or(
                      resideInAnyPackage(
                          ROOT + "..", "io.virtualnode.api..", "io.virtualnode.node..")));
}
