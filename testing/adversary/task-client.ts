import { Agent, request } from 'node:http';

/** An answer, read to its end. */
export interface Answer {
  /** 0 when the connection broke before an answer came. */
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

/** The options of a request besides the key. A `body` that is not a string is sent as JSON. */
export interface Sending {
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
}

/** Sends requests with one key over keep-alive connections. Any number may be in flight. */
export interface TaskClient extends Disposable {
  /** `path` is below `/api/v1/dispatcher`. Never rejects. */
  send(method: string, path: string, sending?: Sending): Promise<Answer>;
}

/** Creates a client with its own connections. */
export function createTaskClient(url: string, key: string | null): TaskClient {
  const agent = new Agent({ keepAlive: true });
  return {
    send: (method, path, sending = {}) => exchange(agent, key, method, `${url}/api/v1/dispatcher${path}`, sending),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

async function exchange(agent: Agent, key: string | null, method: string, url: string, { body, headers, signal }: Sending): Promise<Answer> {
  const start = performance.now();
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const end = (status: number, text: string) => resolve({ status, body: text, ms: performance.now() - start });
  const text = typeof body === 'string' ? body : body && JSON.stringify(body);
  const content = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
  const authorization = key === null ? {} : { authorization: `Bearer ${key}` };
  const options = { method, agent, headers: { ...authorization, ...content, ...headers }, ...(signal && { signal }) };
  const sent = request(url, options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', (error) => end(0, error.message));
    response.on('close', () => end(0, 'the connection ended before the answer'));
    response.on('end', () => end(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
  });
  sent.on('error', (error) => end(0, error.message));
  sent.end(text);
  return await promise;
}
