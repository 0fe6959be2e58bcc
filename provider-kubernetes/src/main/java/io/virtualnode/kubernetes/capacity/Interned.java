package io.virtualnode.kubernetes.capacity;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Shares equal values: a million pods ask for a few dozen shapes. Bounded; when the values are too
 * many to be worth it, sharing starts anew.
 */
final class Interned {

  private static final int MOST = 4096;

  private final Map<Resources, Resources> requests = new HashMap<>();
  private final Map<List<String>, String[]> names = new HashMap<>();

  /** An equal request, shared. */
  Resources request(Resources request) {
    var known = requests.get(request);
    if (known != null) {
      return known;
    }
    if (requests.size() == MOST) {
      requests.clear();
    }
    var shared = sharingNames(request);
    requests.put(shared, shared);
    return shared;
  }

  /** The same facts, with the names of resources shared. */
  MemberNode facts(MemberNode node) {
    return new MemberNode(
        node.key(),
        sharingNames(node.allocatable()),
        node.admitted(),
        node.obstacle(),
        node.labels(),
        node.taints());
  }

  /** The same amounts; only the names are shared. */
  private Resources sharingNames(Resources resources) {
    var key = Arrays.asList(resources.names);
    var shared = names.get(key);
    if (shared == null) {
      if (names.size() == MOST) {
        names.clear();
      }
      names.put(key, resources.names);
      return resources;
    }
    return new Resources(shared, resources.amounts);
  }
}
