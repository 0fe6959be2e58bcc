#!/bin/sh
# The chaos run of the build (ChaosIT) for as long as is asked for: kills at random and at named points, partitions,
# restarts of API servers and meddling, side by side, with pods in flight. JAVA_HOME is honoured. It ends by itself, leaves
# no process, prints its seed and its counts, and exits with 0 only if the outside observer found nothing.
usage() {
  cat <<'END'
usage: provider-kubernetes/chaos.sh [--kills N] [--points N] [--partitions N] [--restarts N] [--seed N]
  --kills N       kills of the process at random times (200)
  --points N      kills at each named point: before, while and after each API write of a pod's life (20)
  --partitions N  partitions of the connection to a cluster, in seven ways in turn, of 0.2 to 8 s (50)
  --restarts N    kills and restarts of API servers (20)
  --seed N        what is done follows from it; the time of day unless told otherwise
The defaults take about an hour. Logs and a chronicle of all that happened stay in provider-kubernetes/target/chaos-SEED.
END
}
kills=200 points=20 partitions=50 restarts=20 seed=$(date +%s)
while [ $# -gt 0 ]; do
  case $1 in
    --kills) kills=$2 ;;
    --points) points=$2 ;;
    --partitions) partitions=$2 ;;
    --restarts) restarts=$2 ;;
    --seed) seed=$2 ;;
    *)
      usage
      [ "$1" = --help ] && exit 0
      exit 2
      ;;
  esac
  shift 2 || exit 2
done
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
cd "$here/.." || exit 1
exec ./mvnw -B verify -pl provider-kubernetes -am -Dit.test=ChaosIT -Dtest=None \
  -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false \
  -Dchaos.kills="$kills" -Dchaos.points="$points" -Dchaos.partitions="$partitions" -Dchaos.restarts="$restarts" -Dseed="$seed"
