package io.virtualnode.testkit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.virtualnode.testkit", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule KNOWS_NO_VIRTUAL_NODE =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.virtualnode.node..", "io.virtualnode.kubernetes..")
          .because("it is published for provider authors, and the other modules test with it");

  @ArchTest
  static final ArchRule NEVER_SLEEPS =
      noClasses()
          .should()
          .callMethod(Thread.class, "sleep", long.class)
          .because("a condition is awaited");

  @ArchTest
  static final ArchRule KEEPS_BOUNCY_CASTLE_INSIDE =
      noClasses()
          .that()
          .doNotHaveSimpleName("CertificateAuthority")
          .and()
          .doNotHaveSimpleName("Credentials")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bouncycastle..");
}
