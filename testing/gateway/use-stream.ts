import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:http';

/** One server-sent event that was received. */
interface ReceivedEvent {
  id: number;
  event: string;
  data: Record<string, unknown>;
}

/** An open event stream, or the answer that refused the stream. */
export interface TestStream extends Disposable {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The positions received so far. */
  readonly ids: number[];
  /** Waits until the received text matches, and returns it. Rejects when the stream ends before. */
  received(pattern: RegExp): Promise<string>;
  /** The first `count` events. */
  events(count: number): Promise<ReceivedEvent[]>;
  /** Waits until the stream ends, and returns everything received. */
  ended(): Promise<string>;
  /** Stops reading until the stream is resumed. */
  pause(): void;
  resume(): void;
}

/** Opens a stream. Resolves when its headers have arrived. */
export async function useStream(url: string, headers: Record<string, string>): Promise<TestStream> {
  const sent = request(url, { headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const events: ReceivedEvent[] = [];
  let text = '';
  let rest = '';
  let over = false;
  let change = Promise.withResolvers<void>();
  const changed = () => change.promise;
  const tell = () => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  response.setEncoding('utf8');
  response.on('data', (part: string) => {
    text += part;
    const frames = (rest + part).split('\n\n');
    rest = frames.pop() ?? '';
    events.push(...frames.flatMap(eventFrom));
    tell();
  });
  response.on('error', () => undefined);
  response.once('close', () => {
    over = true;
    tell();
  });
  const received = async (matches: () => boolean) => {
    while (!matches()) {
      if (over) throw new Error(`the stream ended after: ${text.slice(-1000)}`);
      await changed();
    }
    return text;
  };
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    get ids() {
      return events.map(({ id }) => id);
    },
    received: (pattern) => received(() => pattern.test(text)),
    async events(count) {
      await received(() => events.length >= count);
      return events.slice(0, count);
    },
    async ended() {
      while (!over) await changed();
      return text;
    },
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    [Symbol.dispose]: () => void sent.destroy(),
  };
}

function eventFrom(frame: string): ReceivedEvent[] {
  const [, id, event = '', data = ''] = /^id: (\d+)\nevent: (\S+)\ndata: (.*)$/.exec(frame) ?? [];
  return id === undefined ? [] : [{ id: Number(id), event, data: JSON.parse(data) as Record<string, unknown> }];
}
