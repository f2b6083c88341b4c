import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { besideVictim, memoryWithin } from '../attack.ts';
import { startFlood } from '../flood.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

/** The open streams of one attacker. */
interface Streams extends Disposable {
  /** How many were refused, or ended by the server. */
  refused(): number;
}

/** One organization opens as many streams as it can, with many keys. Another organization must still get a stream. */
export async function streams(scene: Scene): Promise<Row[]> {
  using attacker = await scene.createCaller('attacker');
  using quiet = await scene.createCaller('quiet');
  const keys = await Promise.all(Array.from({ length: 10 }, () => scene.createKey(attacker.organizationId)));
  let status = 0;
  const row = await besideVictim(scene, '4,200 streams of one organization with 10 keys', async () => {
    const opened = await openStreams(scene.url, keys, 4_200, (response) => void response.resume());
    return {
      async stop() {
        status = await statusOfStream(scene.url, quiet.key);
        const refused = opened.refused();
        opened[Symbol.dispose]();
        return refused;
      },
    };
  });
  const limits = [...row.limits, { what: 'another organization gets a stream', held: status === 200 }];
  return [{ ...row, limits }, await stuckReaders(scene)];
}

/** Opens streams that never read, while many events happen. */
async function stuckReaders(scene: Scene): Promise<Row> {
  using attacker = await scene.createCaller('attacker');
  const row = await besideVictim(scene, '200 streams that are not read, beside creates with long titles', async () => {
    const opened = await openStreams(scene.url, [attacker.key], 200, (response) => void response.pause());
    const next = () => ({ method: 'POST', path: '/tasks', body: { title: 'x'.repeat(500), owner: 'o'.repeat(200), milestone: 'm'.repeat(200) } });
    const creating = startFlood({ client: attacker, inFlight: 16, next });
    return {
      async stop() {
        await creating.stop();
        const refused = opened.refused();
        opened[Symbol.dispose]();
        return refused;
      },
    };
  });
  return memoryWithin(row, 300);
}

/** Resolves when each stream has been opened or refused. */
async function openStreams(url: string, keys: readonly string[], count: number, onOpen: (response: IncomingMessage) => void): Promise<Streams> {
  const agent = new Agent({ keepAlive: false });
  const requests: ClientRequest[] = [];
  const answered: Promise<void>[] = [];
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const headers = { authorization: `Bearer ${keys[i % keys.length]}` };
    const { promise, resolve } = Promise.withResolvers<void>();
    answered.push(promise);
    const sent = request(`${url}/api/v1/dispatcher/stream`, { agent, headers }, (response) => {
      if (response.statusCode === 200) onOpen(response.on('error', () => undefined));
      else response.resume();
      resolve();
    });
    sent.on('error', () => undefined);
    sent.on('close', () => {
      refused += 1;
      resolve();
    });
    sent.end();
    requests.push(sent);
    if (i % 100 === 0) await sleep(10);
  }
  await Promise.all(answered);
  return {
    refused: () => refused,
    [Symbol.dispose]() {
      for (const sent of requests) sent.destroy();
      agent.destroy();
    },
  };
}

async function statusOfStream(url: string, key: string): Promise<number> {
  const leave = new AbortController();
  const response = await fetch(`${url}/api/v1/dispatcher/stream`, { headers: { authorization: `Bearer ${key}` }, signal: leave.signal });
  leave.abort();
  return response.status;
}
