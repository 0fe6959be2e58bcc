package io.virtualnode.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Dependencies point one way, and the pure core knows no client, no clock and no thread. */
@AnalyzeClasses(packages = "io.virtualnode", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {

  @ArchTest
  static final ArchRule NODE_KNOWS_ONLY_THE_API_OF_THIS_PROJECT =
      noClasses()
          .that()
          .resideInAPackage("io.virtualnode.node..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.virtualnode.kubernetes..", "io.virtualnode.testkit..");

  @ArchTest
  static final ArchRule API_KNOWS_NOTHING_OF_THE_NODE =
      noClasses()
          .that()
          .resideInAPackage("io.virtualnode.api..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.virtualnode.node..");

  @ArchTest
  static final ArchRule CORE_IS_PURE =
      noClasses()
          .that()
          .haveNameMatching(
              ".*\\.(PodStep|PodKind|StatusMerge|StoredForm|PendingStatus|NextStatus|NodeObject"
                  + "|NodeStatusPatch|NodeFaults|AppliedMarks|Cadence|Phases|Times|Moment"
                  + "|ElectionSettings|ElectionStep.*|LeaseClaim|LeaseRecord|Candidacy)")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.fabric8.kubernetes.client..", "java.util.concurrent..", "org.slf4j..");

  @ArchTest
  static final ArchRule CLASSES_ARE_FINAL =
      classes()
          .that()
          .resideInAPackage("io.virtualnode.node..")
          .and()
          .areNotInterfaces()
          .and()
          .areNotEnums()
          .and()
          .areNotAnonymousClasses()
          .and()
          .haveSimpleNameNotEndingWith("package-info")
          .should()
          .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL);

  private ArchitectureTest() {}
}
