import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Client, type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import {
  type Answer,
  CallSchema,
  type ExchangeRequest,
  ExchangeRequestSchema,
  type ExchangeResponse,
  ExchangeResponseSchema,
} from '@recursiv/proto/gen/dispatcher/hop/v1/hop_pb.ts';

/** A call without its place on a stream. */
export interface HopCall {
  method: string;
  metadata: Record<string, string>;
  message: Uint8Array;
}

/** A stream of calls broke before the answer came; whether the call had an effect is not known. */
export class ConnectionLost extends Error {}

/** One stream of calls to one process of a service. */
export interface HopConnection {
  /** Whether calls can be made; a stream that broke, or whose server is about to stop, never can again. */
  readonly open: boolean;
  /** Calls that have no answer yet. */
  readonly load: number;
  /** Makes a call; rejects with `ConnectionLost` when the stream breaks first. */
  call(call: HopCall, signal: AbortSignal | undefined): Promise<Answer>;
  close(): void;
}

interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (reason: unknown) => void;
}

const exchangePath = '/dispatcher.hop.v1.HopService/Exchange';

/** Opens a stream on a gRPC client. `onClosed` is called once, when no more calls can be made on it. */
export function openHopConnection(client: Client, onClosed: () => void): HopConnection {
  const waiting = new Map<number, Waiting>();
  const stream = exchange(client);
  let nextId = 0;
  let open = true;
  let request = emptyRequest();

  const flush = () => {
    if (open) stream.write(request);
    request = emptyRequest();
  };
  const ask = (): ExchangeRequest => {
    if (request.calls.length === 0 && request.cancelled.length === 0) setImmediate(flush);
    return request;
  };
  const stopUsing = () => {
    if (!open) return;
    open = false;
    onClosed();
  };
  const broken = () => {
    stopUsing();
    for (const { reject } of waiting.values()) reject(new ConnectionLost('the stream to a service broke'));
    waiting.clear();
  };
  stream.on('data', ({ answers, draining }: ExchangeResponse) => {
    for (const answer of answers) {
      waiting.get(answer.id)?.resolve(answer);
      waiting.delete(answer.id);
    }
    if (draining && open) {
      flush();
      stopUsing();
      stream.end();
    }
  });
  stream.on('error', broken);
  stream.on('end', broken);

  return {
    get open() {
      return open;
    },
    get load() {
      return waiting.size;
    },
    call(call, signal) {
      nextId = (nextId + 1) >>> 0;
      const id = nextId;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      waiting.set(id, { resolve, reject });
      ask().calls.push(create(CallSchema, { ...call, id }));
      const cancel = () => {
        if (open && waiting.has(id)) ask().cancelled.push(id);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      return promise.finally(() => signal?.removeEventListener('abort', cancel));
    },
    close() {
      stream.end();
      broken();
    },
  };
}

function exchange(client: Client): ClientDuplexStream<ExchangeRequest, ExchangeResponse> {
  return client.makeBidiStreamRequest(
    exchangePath,
    (message: ExchangeRequest) => Buffer.from(toBinary(ExchangeRequestSchema, message)),
    (bytes) => fromBinary(ExchangeResponseSchema, bytes),
    new Metadata({ waitForReady: false }),
  );
}

const emptyRequest = (): ExchangeRequest => create(ExchangeRequestSchema);
