import { Agent, request } from 'node:http';

/** The result of one request. */
interface LoadAnswer {
  readonly what: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly code: string | undefined;
  /** The message of an error. */
  readonly message: string | undefined;
  readonly ms: number;
}

/**
 * Callers that send one request after another and never repeat one. Each keeps its connection. Disposing it stops them.
 */
export interface Load extends AsyncDisposable {
  readonly answers: readonly LoadAnswer[];
  /** Lets each caller finish its current step. */
  stop(): Promise<void>;
}

/** A step that callers repeat. */
export type Step = (
  send: (method: string, path: string, body?: object) => Promise<{ status: number; body: Record<string, unknown> }>,
) => Promise<void>;

/** Starts `callers` callers. Each repeats `step`. */
export function startLoad({ url, key, callers, step }: { url: string; key: string; callers: number; step: Step }): Load {
  const answers: LoadAnswer[] = [];
  let stopped = false;
  const call = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = async (method: string, path: string, body?: object) => {
      const start = performance.now();
      const answer = await sendOnce(agent, url, key, method, path, body);
      answers.push({ ...answer, what: `${method} ${path}`, ms: performance.now() - start });
      return answer;
    };
    while (!stopped) await step(send);
    agent.destroy();
  };
  const running = Promise.all(Array.from({ length: callers }, call));
  const stop = async () => {
    stopped = true;
    await running;
  };
  return { answers, stop, [Symbol.asyncDispose]: stop };
}

/** Runs a task from its creation to its end, with a lease, and reads some lists. */
export const workOnTasks: Step = async (send) => {
  await send('POST', '/tasks', { title: 'One', rev: 3 });
  await send('GET', '/tasks?limit=1');
  const { body } = await send('POST', '/tasks/claim-next', { agent: 'ann' });
  const claimed = body.data as { claim: { task_id: string; claim_token: string } } | null | undefined;
  if (!claimed) return;
  const { task_id, claim_token } = claimed.claim;
  await send('POST', `/heartbeat/${task_id}`, { agent: 'ann', claim_token });
  await send('POST', `/done/${task_id}`, { claim_token });
  await send('GET', '/stats');
};

/** An agent that waits for a task that never comes. */
export const waitInVain: Step = async (send) => {
  await send('POST', '/tasks/claim-next', { agent: 'bob', owner: 'nobody', wait_seconds: 8 });
};

interface Sent {
  status: number;
  retryAfter: string | undefined;
  code: string | undefined;
  message: string | undefined;
  body: Record<string, unknown>;
}

function sendOnce(agent: Agent, url: string, key: string, method: string, path: string, body: object | undefined): Promise<Sent> {
  const { promise, resolve } = Promise.withResolvers<Sent>();
  const failed = (error: Error) => resolve({ status: 0, retryAfter: undefined, code: undefined, message: error.message, body: {} });
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${key}`,
    ...(body && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
  };
  const sent = request(`${url}/api/v1/dispatcher${path}`, { method, agent, headers }, (response) => {
    let answer = '';
    response.setEncoding('utf8');
    response.on('data', (chunk) => {
      answer += chunk;
    });
    response.on('error', failed);
    response.on('end', () => {
      const parsed = JSON.parse(answer) as Record<string, unknown> & { error?: { code: string; message: string } };
      const { code, message } = parsed.error ?? {};
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], code, message, body: parsed });
    });
  });
  sent.on('error', failed);
  sent.end(text);
  return promise;
}
