package io.virtualnode.node;

import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.ExecConfig;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the files of an access say at one moment: contents, no paths.
 *
 * @param place where the API server is and how it proves itself
 * @param user as whom it is asked; with {@code exec} if a plug-in has to be asked for that
 * @param folder what a relative command of the plug-in is relative to
 */
record AccessFacts(Cluster place, AuthInfo user, @Nullable Path folder) {

  boolean hasPlugin() {
    return user.getExec() != null;
  }

  ExecConfig plugin() {
    return Objects.requireNonNull(user.getExec(), "there is no plug-in");
  }

  /** Secrets are in it. */
  @Override
  public String toString() {
    return "access to " + place.getServer();
  }
}
