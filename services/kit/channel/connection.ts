import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Client, type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import {
  type Answer,
  type CallSchema,
  type ExchangeRequest,
  ExchangeRequestSchema,
  type ExchangeResponse,
  ExchangeResponseSchema,
} from '@recursiv/proto/gen/dispatcher/hop/v1/hop_pb.ts';
import { messageBatches } from './batches.ts';
import { type Keepalive, startKeepalive } from './keepalive.ts';

/** A call, before it has a number on a stream. */
export interface ChannelCall {
  method: string;
  metadata: Record<string, string>;
  message: Uint8Array;
}

/** The stream broke before the answer came. Nobody knows whether the call had an effect. */
export class ConnectionLost extends Error {}

/** The stream broke before the call was sent. The call had no effect. */
export class CallNotSent extends Error {}

/** The events of a connection. */
export interface ChannelConnectionEvents {
  /** The other end has answered, so calls can be made. */
  onOpen: () => void;
  /** No more calls can be made. Called once, with the reason, or with null when the other end is about to stop. */
  onClosed: (reason: Error | null) => void;
}

interface Waiting {
  resolve: (answer: Answer) => void;
  reject: (reason: unknown) => void;
}

type Call = MessageInitShape<typeof CallSchema> & ChannelCall & { id: number };

const exchangePath = '/dispatcher.hop.v1.HopService/Exchange';

/** The most calls without an answer on one stream. Beyond it the other end has a problem, and no call is accepted. */
const maxLoad = 10_000;

/** The most bytes that wait in this process to be sent, for the same reason. */
const maxLeavingBytes = 16 * 1024 * 1024;

/** After its caller has left, a call waits at most this long for its result, which may be a task that was claimed. */
const cancelGraceMs = 1000;

/** One stream of calls to one process of a service. */
export class ChannelConnection {
  readonly #waiting = new Map<number, Waiting>();
  readonly #stream: ClientDuplexStream<ExchangeRequest, ExchangeResponse>;
  readonly #events: ChannelConnectionEvents;
  readonly #keepalive: Keepalive;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #unsent: Call[] = [];
  #cancelled: number[] = [];
  #flushing = false;
  #leavingBytes = 0;
  #lastId = 0;

  /** Opens a stream on a gRPC client, as a gateway with this admin key. */
  constructor(client: Client, adminKey: string, events: ChannelConnectionEvents) {
    this.#events = events;
    this.#stream = exchange(client, adminKey);
    this.#stream.on('data', (response: ExchangeResponse) => this.#receive(response));
    this.#stream.on('error', (error: Error) => this.#break(error));
    this.#stream.on('end', () => this.#break(new Error('the other end closed the stream')));
    this.#keepalive = startKeepalive(
      (ping) => this.#write({ ping }),
      () => this.#giveUp(),
    );
  }

  /** Whether calls can be made. A connection that was open and is no longer open never opens again. */
  get open(): boolean {
    return this.#state === 'open';
  }

  /** Whether the other end has not answered a ping for half a second or more. */
  get silent(): boolean {
    return this.#keepalive.silent;
  }

  /** Whether so much waits to be sent that no more calls are accepted. */
  get full(): boolean {
    return this.#waiting.size >= maxLoad || this.#leavingBytes >= maxLeavingBytes;
  }

  /** The number of calls without an answer. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Makes a call. Rejects with `CallNotSent` or `ConnectionLost` when the stream breaks first. */
  async call(call: ChannelCall, signal: AbortSignal): Promise<Answer> {
    if (!this.open) throw new CallNotSent('the stream is closed');
    this.#lastId = (this.#lastId + 1) >>> 0;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.set(id, { resolve, reject });
    this.#unsent.push({ ...call, id });
    this.#flushSoon();
    const cancel = () => this.#cancel(id);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Ends the stream at once. */
  close(): void {
    this.#break(new Error('closed by this process'));
    this.#stream.cancel();
  }

  #cancel(id: number): void {
    if (this.#state === 'open') {
      this.#cancelled.push(id);
      this.#flushSoon();
    }
    setTimeout(() => {
      this.#waiting.get(id)?.reject(new ConnectionLost('cancelled'));
      this.#waiting.delete(id);
    }, cancelGraceMs).unref();
  }

  /** Sends all calls of one turn of the event loop together. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#state !== 'open') return;
    const [calls, cancelled] = [this.#unsent, this.#cancelled];
    this.#unsent = [];
    this.#cancelled = [];
    for (const batch of messageBatches(calls, bytesOf))
      this.#write(
        { calls: batch },
        batch.reduce((sum, call) => sum + bytesOf(call), 0),
      );
    if (cancelled.length > 0) this.#write({ cancelled });
  }

  #write(request: MessageInitShape<typeof ExchangeRequestSchema>, bytes = 0): void {
    this.#leavingBytes += bytes;
    this.#stream.write(create(ExchangeRequestSchema, request), () => {
      this.#leavingBytes -= bytes;
    });
  }

  #receive({ answers, draining, pong }: ExchangeResponse): void {
    for (const answer of answers) {
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
    }
    if (pong !== 0) this.#keepalive.answered(pong);
    if (draining) this.#drain();
    else if (pong !== 0 && this.#state === 'opening') {
      this.#state = 'open';
      this.#events.onOpen();
    }
  }

  /** Sends no more calls. The other end answers those that were sent, and then closes the stream. */
  #drain(): void {
    if (this.#state === 'closed') return;
    this.#keepalive[Symbol.dispose]();
    this.#refuseUnsent();
    this.#stopUsing(null);
    this.#stream.end();
  }

  #giveUp(): void {
    this.#break(new Error('the other end does not answer'));
    this.#stream.cancel();
  }

  #break(reason: Error): void {
    this.#keepalive[Symbol.dispose]();
    this.#refuseUnsent();
    this.#stopUsing(reason);
    for (const { reject } of this.#waiting.values()) reject(new ConnectionLost(reason.message, { cause: reason }));
    this.#waiting.clear();
  }

  #refuseUnsent(): void {
    for (const { id } of this.#unsent) {
      this.#waiting.get(id)?.reject(new CallNotSent('the stream closed'));
      this.#waiting.delete(id);
    }
    this.#unsent = [];
  }

  #stopUsing(reason: Error | null): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#events.onClosed(reason);
  }
}

function bytesOf({ message, metadata }: ChannelCall): number {
  return Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, message.length);
}

/** Opens the stream. The service accepts it only with the admin key. Each call on it has its own caller's key. */
function exchange(client: Client, adminKey: string): ClientDuplexStream<ExchangeRequest, ExchangeResponse> {
  const metadata = new Metadata({ waitForReady: false });
  metadata.set('authorization', `Bearer ${adminKey}`);
  return client.makeBidiStreamRequest(
    exchangePath,
    (message: ExchangeRequest) => Buffer.from(toBinary(ExchangeRequestSchema, message)),
    (bytes) => fromBinary(ExchangeResponseSchema, bytes),
    metadata,
  );
}
