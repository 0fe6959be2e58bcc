package io.virtualnode.kubernetes.placement;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which taints keep a pod away; source: {@code v1.Toleration.ToleratesTaint}. */
public final class Taints {

  private Taints() {}

  /** The taints that keep a pod with these tolerations off; PreferNoSchedule keeps nothing off. */
  public static List<Taint> untolerated(
      @Nullable List<Taint> taints, @Nullable List<Toleration> tolerations) {
    List<Toleration> given = tolerations == null ? List.of() : tolerations;
    return taints == null
        ? List.of()
        : taints.stream()
            .filter(taint -> !"PreferNoSchedule".equals(taint.getEffect()))
            .filter(taint -> given.stream().noneMatch(toleration -> tolerates(toleration, taint)))
            .toList();
  }

  private static boolean tolerates(Toleration toleration, Taint taint) {
    if (isSet(toleration.getEffect()) && !toleration.getEffect().equals(taint.getEffect())) {
      return false;
    }
    if (isSet(toleration.getKey()) && !toleration.getKey().equals(taint.getKey())) {
      return false;
    }
    return "Exists".equals(toleration.getOperator())
        || text(toleration.getValue()).equals(text(taint.getValue()));
  }

  private static boolean isSet(@Nullable String text) {
    return text != null && !text.isEmpty();
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
