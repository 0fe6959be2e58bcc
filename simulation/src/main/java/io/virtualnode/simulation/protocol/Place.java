package io.virtualnode.simulation.protocol;

/**
 * Where a delegate may be: in which member, and under which name, which follows from the attempt.
 */
record Place(Cluster cluster, int attempt) {

  /** Where nothing is intended to be. */
  static final Place NOWHERE = new Place(Cluster.A, -1);

  /** The members, which are alike. */
  enum Cluster {
    A,
    B;

    Cluster other() {
      return this == A ? B : A;
    }
  }

  /** The place of that {@link #index}. */
  static Place of(int index) {
    return new Place(index % 2 == 0 ? Cluster.A : Cluster.B, index / 2);
  }

  /** Numbers the places from 0. */
  int index() {
    return 2 * attempt + (cluster == Cluster.A ? 0 : 1);
  }

  /** Where the next attempt is made. */
  Place next() {
    return new Place(cluster.other(), attempt + 1);
  }

  @Override
  public String toString() {
    return equals(NOWHERE) ? "nowhere" : cluster + "/" + attempt;
  }
}
