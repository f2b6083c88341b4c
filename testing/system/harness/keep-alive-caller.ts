import { Agent, request } from 'node:http';
import { apiPath } from './api-path.ts';

/** A caller with its own connection, like an agent's process. It costs far less than `fetch` when a test needs many. */
export interface KeepAliveCaller extends Disposable {
  /**
   * Posts JSON to a path below `/api/v1/dispatcher`. Rejects when the connection breaks before the whole answer has
   * arrived.
   */
  post<T>(path: string, body: object, headers?: Record<string, string>): Promise<{ status: number; data: T }>;
}

/** Connects on the first call. */
export function createKeepAliveCaller(url: string, key: string): KeepAliveCaller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    post: (path, body, headers) => post(agent, url + apiPath + path, key, JSON.stringify(body), headers),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function post<T>(agent: Agent, url: string, key: string, body: string, extra: Record<string, string> = {}): Promise<{ status: number; data: T }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; data: T }>();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...extra };
  const call = request(url, { method: 'POST', agent, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.once('error', reject);
    response.once('end', () => {
      if (!response.complete) return reject(new Error('the answer was cut off'));
      resolve({ status: response.statusCode ?? 0, data: (JSON.parse(text) as { data: T }).data });
    });
  });
  call.once('error', reject);
  call.end(body);
  return promise;
}
