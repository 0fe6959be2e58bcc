package io.virtualnode.simulation.protocol;

import java.util.List;

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

  /** Where the next attempt may be made. */
  List<Place> nexts() {
    return equals(NOWHERE)
        ? List.of(new Place(Cluster.A, 0), new Place(Cluster.B, 0))
        : List.of(new Place(cluster.other(), attempt + 1));
  }

  /** Whether the attempt is within the bounds. */
  boolean isIn(Members members) {
    return index() < members.places().size();
  }

  @Override
  public String toString() {
    return equals(NOWHERE) ? "nowhere" : cluster + "/" + attempt;
  }
}
