import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

/** What the model answers in one turn: a tool call, or its final text. */
type Turn = { readonly name: string; readonly input: Readonly<Record<string, unknown>> } | { readonly text: string };

/** Replaces Anthropic's Messages API for the real Claude Code. */
export interface TestModel extends AsyncDisposable {
  readonly url: string;
  /** 200, or the status with which every request is refused. */
  status: 200 | 401 | 429 | 529;
  /** The turns of a conversation, in order. */
  turns: readonly Turn[];
  /** All requests that the model received, newest last, as JSON. */
  readonly shown: readonly string[];
}

const requestSchema = z.object({
  tools: z.array(z.unknown()).default([]),
  messages: z.array(z.object({ role: z.string() }).loose()).default([]),
});

const refusals = {
  401: { type: 'authentication_error', message: 'invalid x-api-key' },
  429: { type: 'rate_limit_error', message: 'This request would exceed your account rate limit' },
  529: { type: 'overloaded_error', message: 'Overloaded' },
} as const;

/** Starts the server. */
export async function useModel(): Promise<TestModel> {
  const shown: string[] = [];
  const model = { status: 200 as TestModel['status'], turns: [] as readonly Turn[] };
  const server = createServer((request, response) => {
    text(request).then(
      (body) => answer(request.url ?? '', body, response),
      () => response.destroy(),
    );
  });
  const answer = (url: string, body: string, response: ServerResponse) => {
    if (url.includes('count_tokens')) return json(response, 200, { input_tokens: 1_000 });
    if (!url.includes('/v1/messages')) return json(response, 404, { type: 'error', error: { type: 'not_found_error', message: 'none' } });
    if (model.status !== 200) return json(response, model.status, { type: 'error', error: refusals[model.status] });
    const { tools, messages } = requestSchema.parse(JSON.parse(body));
    const spoken = messages.filter(({ role }) => role === 'assistant').length;
    // Claude Code asks for the title of the conversation in a request without tools.
    const turn = tools.length === 0 ? { text: 'A title' } : (model.turns[Math.min(spoken, model.turns.length - 1)] ?? { text: 'Done.' });
    if (tools.length > 0) shown.push(JSON.stringify(messages));
    speak(response, turn);
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The model has no port');
  return Object.assign(model, {
    url: `http://127.0.0.1:${address.port}`,
    shown,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

let count = 0;

function speak(response: ServerResponse, turn: Turn): void {
  const id = `${++count}`;
  const usage = { input_tokens: 1_000, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
  const message = {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model: 'stand-in',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  const isCall = 'name' in turn;
  const block = isCall ? { type: 'tool_use', id: `toolu_${id}`, name: turn.name, input: {} } : { type: 'text', text: '' };
  const delta = isCall ? { type: 'input_json_delta', partial_json: JSON.stringify(turn.input) } : { type: 'text_delta', text: turn.text };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type: string, data: object) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  send('message_start', { message });
  send('content_block_start', { index: 0, content_block: block });
  send('content_block_delta', { index: 0, delta });
  send('content_block_stop', { index: 0 });
  send('message_delta', { delta: { stop_reason: isCall ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: 50 } });
  send('message_stop', {});
  response.end();
}
