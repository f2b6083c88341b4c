import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AnswerSchema, Call, ExchangeRequest, ExchangeResponseSchema } from '@recursiv/proto/gen/dispatcher/hop/v1/hop_pb.ts';
import { messageBatches } from './batches.ts';
import { createSendQueue, type SendQueue } from './send-queue.ts';

/** The result of a call in the words of the server. */
export type ChannelAnswer = MessageInitShape<typeof AnswerSchema>;

type Response = MessageInitShape<typeof ExchangeResponseSchema>;

/** The most calls of one stream whose answer was not sent. At this number no more calls are read. */
const maxOutstanding = 10_000;

type Item = ChannelAnswer | 'draining' | { pong: number };

/** One stream of calls, on the side of the service. */
export class ChannelExchange {
  readonly #make: (call: Call, signal: AbortSignal) => Promise<ChannelAnswer>;
  readonly #sendQueue: SendQueue<Item> = createSendQueue<Item>();
  readonly #running = new Map<number, AbortController>();
  #outstanding = 0;
  #onRoom: () => void = () => undefined;
  #ended = false;
  #failure: unknown;

  /** `make` runs a call and never rejects. */
  constructor(make: (call: Call, signal: AbortSignal) => Promise<ChannelAnswer>) {
    this.#make = make;
  }

  /**
   * Runs the calls in `requests`. The answers end when `requests` have ended and all calls are answered. When nobody
   * reads the answers any more, the calls are cancelled. An error of `requests`, such as a refused key, ends the
   * answers.
   */
  async *answers(requests: AsyncIterable<ExchangeRequest>, draining: AbortSignal): AsyncIterable<Response> {
    const tellDraining = () => this.#sendQueue.put('draining');
    draining.addEventListener('abort', tellDraining);
    if (draining.aborted) tellDraining();
    this.#read(requests).catch((thrown: unknown) => {
      this.#failure = thrown;
      this.#sendQueue.end();
    });
    try {
      for await (const items of this.#sendQueue.batches()) yield* this.#responses(items);
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      draining.removeEventListener('abort', tellDraining);
      for (const aborting of this.#running.values()) aborting.abort();
    }
  }

  *#responses(items: readonly Item[]): Iterable<Response> {
    const answers = items.filter((item): item is ChannelAnswer => typeof item === 'object' && !('pong' in item));
    for (const item of items) {
      if (item === 'draining') yield { draining: true };
      else if ('pong' in item) yield { pong: Number(item.pong) };
    }
    for (const batch of messageBatches(answers, bytesOf)) {
      yield { answers: batch };
      this.#outstanding -= batch.length;
      this.#onRoom();
    }
  }

  async #read(requests: AsyncIterable<ExchangeRequest>): Promise<void> {
    for await (const { calls, cancelled, ping } of requests) {
      if (ping !== 0) this.#sendQueue.put({ pong: ping });
      for (const id of cancelled) this.#running.get(id)?.abort();
      for (const call of calls) {
        if (this.#outstanding >= maxOutstanding) await this.#room();
        void this.#start(call);
      }
    }
    this.#ended = true;
    if (this.#running.size === 0) this.#sendQueue.end();
  }

  async #start(call: Call): Promise<void> {
    const aborting = new AbortController();
    this.#running.set(call.id, aborting);
    this.#outstanding += 1;
    this.#sendQueue.put(await this.#make(call, aborting.signal));
    this.#running.delete(call.id);
    if (this.#ended && this.#running.size === 0) this.#sendQueue.end();
  }

  async #room(): Promise<void> {
    while (this.#outstanding >= maxOutstanding) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }
}

function bytesOf({ result }: ChannelAnswer): number {
  return result?.case === 'message' ? (result.value?.length ?? 0) : 500;
}
