package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Reads lists page by page. With a limit a list is consistent; without, fabric8 accepts any cached
 * state.
 */
final class Pages {

  private static final long SIZE = 500;

  private Pages() {}

  /** All objects of a list; blocks. */
  static <T extends HasMetadata> List<T> all(
      Function<ListOptions, ? extends KubernetesResourceList<T>> list) {
    var items = new ArrayList<T>();
    String more = null;
    do {
      var page = list.apply(new ListOptionsBuilder().withLimit(SIZE).withContinue(more).build());
      items.addAll(page.getItems());
      more = page.getMetadata().getContinue();
    } while (more != null && !more.isEmpty());
    return items;
  }
}
