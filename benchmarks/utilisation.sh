#!/bin/sh
# Builds what is compared and runs the comparison; --help lists the options. JAVA_HOME is honoured.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
java=java
[ -n "$JAVA_HOME" ] && java="$JAVA_HOME/bin/java"
(cd "$here/.." && ./mvnw -q -B -DskipTests package -pl benchmarks -am) || exit 1
exec "$java" -XX:+UseSerialGC -Xmx512m -cp "$here/target/benchmarks-0.1.0-SNAPSHOT.jar:$here/target/lib/*" \
  -Dvnode.home="$here/../provider-kubernetes/target/vnode" io.virtualnode.benchmarks.utilisation.UtilisationBenchmark "$@"
