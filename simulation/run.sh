#!/bin/sh
# Builds the simulation and runs it: histories, scale, mixes or protocol; --help lists the options. JAVA_HOME and JAVA_OPTS are honoured.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
java=java
[ -n "$JAVA_HOME" ] && java="$JAVA_HOME/bin/java"
cd "$here/.." || exit 1
./mvnw -q -B -DskipTests package -pl simulation -am || exit 1
# shellcheck disable=SC2086
exec "$java" -XX:+UseSerialGC -Xmx8g $JAVA_OPTS -cp "$here/target/simulation-0.1.0-SNAPSHOT.jar:$here/target/lib/*" \
  io.virtualnode.simulation.Simulation "$@"
