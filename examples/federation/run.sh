#!/usr/bin/env bash
# Builds what the demonstration needs and runs it; all arguments go to it (--help says which).
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
module=$root/examples/federation
classes=$module/target/classes
classpath=$module/target/dependencies.classpath
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

version=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = //p') || true
if [[ ! $version =~ ^[0-9]+$ ]] || ((version < 17)); then
  echo "run.sh: a JDK 17 or later is needed; $java is ${version:-not there}. Install one or set JAVA_HOME." >&2
  exit 1
fi

# Built again when any source is newer than the last build's result.
fresh() {
  [[ -s $classpath ]] && ! find "$root"/pom.xml "$root"/provider-*/{pom.xml,src/main} "$root"/examples/{pom.xml,federation/{pom.xml,src/main}} \
    -newer "$classpath" -print -quit | grep -q . || return 1
  local IFS=: jar
  for jar in $(<"$classpath"); do [[ -e $jar ]] || return 1; done
}

if ! fresh; then
  echo "building (Maven; the first time it gets what it needs from the internet) ..."
  (cd "$root" && ./mvnw -q -B -pl examples/federation -am package \
    -Dmaven.test.skip=true -Dspotless.check.skip=true '-P!error-prone' </dev/null)
fi

terminal=false
if [[ -t 1 && ${TERM:-dumb} != dumb ]]; then terminal=true; fi
exec "$java" -Ddemo.terminal=$terminal \
  -cp "$classes:$(<"$classpath")" io.virtualnode.examples.federation.FederationDemo "$@"
