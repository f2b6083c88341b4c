import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { RecursivOptions } from '../../sdk/client/config.ts';
import { Recursiv } from '../../sdk/client/recursiv.ts';

/** A request that the server received. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown> | undefined;
}

/** Answers a request. `index` counts the requests from 0. */
export type Play = (response: ServerResponse, received: Received, index: number) => void;

/** A real HTTP server on a free port that gives prepared answers. */
export interface TestServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly received: readonly Received[];
  /** Makes a client of this server. */
  client(options?: RecursivOptions): Recursiv;
}

/** Starts the server. Dispose of it at the end of the test. */
export async function useServer(play: Play): Promise<TestServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: body === '' ? undefined : JSON.parse(body),
      };
      received.push(one);
      play(response, one, received.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
  return {
    baseUrl,
    received,
    client: (options = {}) => new Recursiv({ apiKey: 'sk_live_test', baseUrl, ...options }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Answers with an error in the API's form. */
export function answerError(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  answerJson(response, status, { error: { type: 'some_error', code, message: `it is ${code}` } }, { 'x-request-id': 'request-1', ...headers });
}

/** A claim as the API returns it. Its lease begins now and lasts for the given time. */
export function claimOf(taskId: string, leaseMilliseconds = 60_000, more: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Date.now();
  return {
    task_id: taskId,
    organization_id: 'acme',
    agent: 'agent-1',
    attempt: 1,
    claimed_at: new Date(now).toISOString(),
    last_heartbeat_at: new Date(now).toISOString(),
    expires_at: new Date(now + leaseMilliseconds).toISOString(),
    ...more,
  };
}
