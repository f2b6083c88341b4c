import { type DescMethodUnary, type DescService, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import {
  type AnswerSchema,
  type Call,
  type ExchangeRequest,
  type ExchangeResponseSchema,
  HopService,
} from '@recursiv/proto/gen/dispatcher/hop/v1/hop_pb.ts';
import { DispatcherError, dispatcherErrorFrom } from './errors.ts';
import { createOutbox } from './outbox.ts';
import type { Routes } from './routes.ts';

type Answer = MessageInitShape<typeof AnswerSchema>;

/**
 * Answers the calls of `services` that come many on one stream: each goes through `transport`, which leads to the handlers through the interceptors.
 * When `draining` fires the clients are told to go elsewhere, and the calls they sent are answered.
 */
export function hopRoutes(services: readonly DescService[], transport: Transport, draining: AbortSignal): Routes {
  const methods = unaryMethods(services);
  return (router) =>
    router.service(HopService, {
      exchange: (requests) => exchange(requests, draining, (call, aborted) => answer(methods, transport, call, aborted)),
    });
}

type Response = MessageInitShape<typeof ExchangeResponseSchema>;

async function* exchange(
  requests: AsyncIterable<ExchangeRequest>,
  draining: AbortSignal,
  make: (call: Call, aborted: AbortSignal) => Promise<Answer>,
): AsyncIterable<Response> {
  const running = new Map<number, AbortController>();
  const outbox = createOutbox<Answer | 'draining'>();
  const tellDraining = () => outbox.put('draining');
  let ended = false;
  const start = async (call: Call): Promise<void> => {
    const aborting = new AbortController();
    running.set(call.id, aborting);
    outbox.put(await make(call, aborting.signal));
    running.delete(call.id);
    if (ended && running.size === 0) outbox.end();
  };
  const read = async (): Promise<void> => {
    for await (const { calls, cancelled } of requests) {
      for (const call of calls) void start(call);
      for (const id of cancelled) running.get(id)?.abort();
    }
    ended = true;
    if (running.size === 0) outbox.end();
  };
  draining.addEventListener('abort', tellDraining);
  if (draining.aborted) tellDraining();
  read().catch(outbox.end);
  try {
    for await (const batch of outbox.batches()) {
      yield { answers: batch.filter((item) => item !== 'draining'), draining: batch.includes('draining') };
    }
  } finally {
    draining.removeEventListener('abort', tellDraining);
    for (const aborting of running.values()) aborting.abort();
  }
}

async function answer(methods: ReadonlyMap<string, DescMethodUnary>, transport: Transport, call: Call, signal: AbortSignal): Promise<Answer> {
  try {
    const method = methods.get(call.method);
    if (!method) throw new DispatcherError('unknown_route', `${call.method} is not served here.`);
    const { message } = await transport.unary(method, signal, undefined, call.metadata, fromBinary(method.input, call.message));
    return { id: call.id, result: { case: 'message', value: toBinary(method.output, message) } };
  } catch (thrown) {
    const { reason, rawMessage, info } = dispatcherErrorFrom(thrown);
    return { id: call.id, result: { case: 'failure', value: { reason, message: rawMessage, info: { ...info } } } };
  }
}

/** How a call names its method: as in the path of gRPC. */
export const hopMethodName = (method: DescMethodUnary): string => `${method.parent.typeName}/${method.name}`;

function unaryMethods(services: readonly DescService[]): Map<string, DescMethodUnary> {
  const methods = services.flatMap((service) => service.methods).filter((method): method is DescMethodUnary => method.methodKind === 'unary');
  return new Map(methods.map((method) => [hopMethodName(method), method]));
}
