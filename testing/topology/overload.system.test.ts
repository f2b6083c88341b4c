import { once } from 'node:events';
import { connect } from 'node:net';
import { createClient } from '@connectrpc/connect';
import { channelCredentials } from '@dispatcher/kit/channel/credentials.ts';
import { createEndpointPool } from '@dispatcher/kit/channel/endpoint-pool.ts';
import { createChannelTransport } from '@dispatcher/kit/channel/transport.ts';
import type { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, vi } from 'vitest';
import { testWhere } from '../harness/test-where.ts';
import type { TestTopology } from './test-topology.ts';
import { canRunTopology, useTopology } from './use-topology.ts';

/** Blocks every read of a task until it is disposed, as a database that is too slow would. */
async function blockTasks({ pool }: TestTopology): Promise<AsyncDisposable> {
  const blocker = await pool.connect();
  await blocker.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE');
  return {
    async [Symbol.asyncDispose]() {
      await blocker.query('ROLLBACK');
      blocker.release();
    },
  };
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** Sends requests without their bodies. They stay in flight and cost nothing, until this is disposed. */
async function beginRequests(url: string, key: string, count: number): Promise<AsyncDisposable> {
  const { hostname, port } = new URL(url);
  const head = `POST /api/v1/dispatcher/tasks HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n`;
  const sockets = Array.from({ length: count }, () => connect(Number(port), hostname).on('error', () => undefined));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.write(head);
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

testWhere(canRunTopology, 'nats-server')(
  'with 256 requests of a key in flight, more requests are refused at once with Retry-After, and all works again within 2 s',
  async () => {
    await using topology = await useTopology();
    const [url = ''] = topology.urls;
    const key = await topology.createKey('acme');
    const ask = async () => {
      const start = performance.now();
      const response = await fetch(`${url}/api/v1/dispatcher/tasks?limit=1`, { headers: { authorization: `Bearer ${key}` } });
      await response.text();
      return { status: response.status, retryAfter: response.headers.get('retry-after'), ms: performance.now() - start };
    };
    expect((await ask()).status).toBe(200);
    const refused: Awaited<ReturnType<typeof ask>>[] = [];
    {
      await using _begun = await beginRequests(url, key, 256);
      await vi.waitFor(async () => expect((await ask()).status).toBe(429), { interval: 20 });
      for (let i = 0; i < 50; i++) refused.push(await ask());
    }
    const freed = performance.now();
    await vi.waitFor(async () => expect((await ask()).status).toBe(200), { timeout: 2_000, interval: 5 });
    const refusedMs = median(refused.map(({ ms }) => ms));
    console.log(`over the limit refused after a median of ${refusedMs.toFixed(1)} ms; normal after ${Math.round(performance.now() - freed)} ms`);
    expect(refused.filter(({ status, retryAfter }) => status !== 429 || !/^\d+$/.test(retryAfter ?? ''))).toEqual([]);
  },
);

testWhere(canRunTopology, 'nats-server')(
  'with 1,024 calls in flight in a process, more calls are refused with 503 before those end, and all works again afterwards',
  async () => {
    await using topology = await useTopology();
    // Organizations that use little can fill a process; one that uses much gets a 429 before that.
    const keys = await Promise.all(Array.from({ length: 80 }, (_, i) => topology.createKey(`organization-${i}`)));
    const address = topology.grpcAddresses[TaskService.typeName] ?? '';
    using pool = createEndpointPool({
      addresses: [address],
      credentials: channelCredentials(null),
      adminKey: topology.adminKey,
      log: createLog('silent'),
    });
    const transport = createChannelTransport(() => pool);
    const tasks = createClient(TaskService, transport);
    const read = async (key: string): Promise<string> => {
      const call = tasks.listTasks({}, { headers: { authorization: `Bearer ${key}` } });
      return await call.then(
        () => 'answered',
        (thrown: DispatcherError) => (thrown.rawMessage.includes('as it can hold') ? 'refused' : thrown.reason),
      );
    };
    /** Makes all calls at once. Answers how each ended, in the order in which they ended. */
    const all = async () => {
      const ends: string[] = [];
      await Promise.all(keys.flatMap((key) => Array.from({ length: 20 }, async () => void ends.push(await read(key)))));
      return ends;
    };
    // These calls are refused for a wrong parameter, but only after their key was looked up. In a full process that
    // lookup would also wait for a connection.
    const becomeKnown = () => Promise.allSettled(keys.map((key) => tasks.listTasks({ limit: -1 }, { headers: { authorization: `Bearer ${key}` } })));
    let ended: string[] = [];
    const refused = () => ended.filter((reason) => reason === 'refused');
    {
      await using _blocked = await blockTasks(topology);
      const burst = async () => {
        await becomeKnown();
        ended = await all();
        expect(refused().length).toBeGreaterThan(100);
      };
      await vi.waitFor(burst, { timeout: 60_000 });
    }
    console.log(`of ${ended.length} calls ${refused().length} refused`);
    // An accepted call waits a second for a database connection, and only then gets a 503 too.
    const takenOn = ['unavailable', 'deadline_exceeded'];
    expect(ended.filter((reason) => !['refused', 'rate_limited', ...takenOn].includes(reason))).toEqual([]);
    expect(refused().length).toBeLessThanOrEqual(ended.length - 1024);
    expect(ended.indexOf('refused')).toBeLessThan(ended.findLastIndex((reason) => takenOn.includes(reason)));
    await vi.waitFor(async () => expect(await all()).toContain('answered'), { timeout: 10_000 });
  },
);
