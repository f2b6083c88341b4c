import { expect } from 'vitest';
import { apiPath } from './api-path.ts';

/** One message of an event stream. */
interface StreamMessage {
  readonly id: string | undefined;
  readonly event: string | undefined;
  /** The JSON after `data:`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** An open `GET /stream`. Disposing it closes the connection. */
export interface TestStream extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  /** Everything received so far, as it came over the wire. */
  text(): string;
  messages(): StreamMessage[];
  /** Resolves with the received messages once there are this many. Rejects when the stream ends before that. */
  received(count: number): Promise<StreamMessage[]>;
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
}

/** Opens a stream with this key. `query` begins with a question mark. */
export async function useStream(url: string, key: string, query = '', headers: Record<string, string> = {}): Promise<TestStream> {
  const leave = new AbortController();
  const response = await fetch(`${url}${apiPath}/stream${query}`, { headers: { authorization: `Bearer ${key}`, ...headers }, signal: leave.signal });
  let text = '';
  let over = false;
  let changed = Promise.withResolvers<void>();
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      tell();
    }
  };
  const ended = read()
    .catch(() => undefined)
    .then(() => {
      over = true;
      tell();
    });
  const messages = () => messagesFrom(text);
  return {
    status: response.status,
    headers: response.headers,
    text: () => text,
    messages,
    async received(count) {
      while (messages().length < count) {
        if (over) expect.fail(`the stream ended after: ${text}`);
        await changed.promise;
      }
      return messages();
    },
    ended,
    async [Symbol.asyncDispose]() {
      leave.abort();
      await ended;
    },
  };
}

/** The complete messages in a text, by the rules of server-sent events. Comments and `retry:` do not count. */
function messagesFrom(text: string): StreamMessage[] {
  const blocks = text.split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]));
    const data = fields.get('data');
    if (data === undefined) return [];
    return [{ id: fields.get('id'), event: fields.get('event'), data: JSON.parse(data) as Record<string, unknown> }];
  });
}
