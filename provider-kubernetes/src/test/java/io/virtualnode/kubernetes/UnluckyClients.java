package io.virtualnode.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.virtualnode.kubernetes.chaos.PodWrite;
import io.virtualnode.kubernetes.config.Configuration;
import io.virtualnode.kubernetes.config.MemberSettings;
import io.virtualnode.node.ApiClients;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;

/**
 * Clients that never get the answer to the first write of a kind to a member, which was carried
 * out; and that send nothing after that, if the process is to have been killed there, as far as one
 * can see from outside.
 */
final class UnluckyClients implements Clients {

  private final PodWrite last;
  private final boolean killed;
  private final CountDownLatch reached = new CountDownLatch(1);

  private UnluckyClients(PodWrite last, boolean killed) {
    this.last = last;
    this.killed = killed;
  }

  /** Of a process that is killed when the answer to such a write is there. */
  static UnluckyClients killedAfter(PodWrite last) {
    return new UnluckyClients(last, true);
  }

  /** Of a process that goes on without that answer. */
  static UnluckyClients withoutTheAnswerTo(PodWrite write) {
    return new UnluckyClients(write, false);
  }

  /** Whether it has come to that. */
  boolean isReached() {
    return reached.getCount() == 0;
  }

  @Override
  public KubernetesClient primary(Configuration whole) {
    return ApiClients.client(ForwardingNode.clientConfig(whole.primary()), new Misfortune(false));
  }

  @Override
  public KubernetesClient member(MemberSettings settings) {
    return ApiClients.client(ForwardingNode.clientConfig(settings.access()), new Misfortune(true));
  }

  private final class Misfortune implements Interceptor {

    private final boolean ofMember;

    Misfortune(boolean ofMember) {
      this.ofMember = ofMember;
    }

    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      if (killed && isReached()) {
        throw new IllegalStateException("killed");
      }
    }

    @Override
    public AsyncBody.Consumer<List<ByteBuffer>> consumer(
        AsyncBody.Consumer<List<ByteBuffer>> consumer, HttpRequest request) {
      var body = Objects.requireNonNullElse(request.bodyString(), "");
      boolean matches =
          ofMember
              && PodWrite.inMember(request.method(), request.uri().getPath(), body)
                  .filter(last::equals)
                  .isPresent();
      return matches ? new Loss(consumer) : consumer;
    }
  }

  private final class Loss implements AsyncBody.Consumer<List<ByteBuffer>> {

    private final AsyncBody.Consumer<List<ByteBuffer>> whoever;

    Loss(AsyncBody.Consumer<List<ByteBuffer>> whoever) {
      this.whoever = whoever;
    }

    @Override
    public void consume(List<ByteBuffer> answer, AsyncBody whole) throws Exception {
      boolean first = !isReached();
      reached.countDown();
      if (first) {
        throw new IllegalStateException("the answer is lost");
      }
      whoever.consume(answer, whole);
    }

    @Override
    public <U> U unwrap(Class<U> target) {
      return whoever.unwrap(target);
    }
  }
}
