#!/bin/sh
# Measures the ledger and placement by themselves: time by JMH, memory by what is in use. JAVA_HOME is honoured.
usage() {
  cat <<'TEXT'
usage: benchmarks/ledger.sh [memory | time [JMH options]]

  memory   bytes that a node and a pod take in the ledger (1,000,000 pods; under a minute)
  time     updates, placement, offer and recount at 5,000, 50,000 and 500,000 nodes (about fifteen minutes);
           further arguments go to JMH, for instance: -p nodes=500000 placeAndRelease
  without an argument both, one after the other

Needs 8 GB of memory for each JVM's heap; it takes what it needs of that.
TEXT
}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
java=java
[ -n "$JAVA_HOME" ] && java="$JAVA_HOME/bin/java"
what=${1:-all}
[ $# -gt 0 ] && shift
case $what in
  all | memory | time) ;;
  -h | --help) usage && exit ;;
  *) usage >&2 && exit 2 ;;
esac
(cd "$here/.." && ./mvnw -q -B -DskipTests package -pl benchmarks -am) || exit 1
classes="$here/target/benchmarks-0.1.0-SNAPSHOT.jar:$here/target/lib/*"
if [ "$what" != time ]; then
  "$java" -Xmx8g -cp "$classes" io.virtualnode.benchmarks.ledger.LedgerMemory || exit 1
fi
if [ "$what" != memory ]; then
  exec "$java" -Xmx256m -cp "$classes" org.openjdk.jmh.Main -jvmArgs -Xmx8g "$@"
fi
