import { join } from 'node:path';
import { test } from 'vitest';
import { runTypeScript } from '../../harness/readme-snippets.ts';
import { useDispatcher } from '../../harness/use-dispatcher.ts';
import { wrongClock } from './clocks.ts';

const client = join(import.meta.dirname, '../../../sdk/client');
const dayMs = 86_400_000;

/**
 * Prints the wall clock, the time worked, the time from the claim to the last renewal of its lease, and whether the
 * lease was ever lost.
 */
const work = `
import { setTimeout as sleep } from 'node:timers/promises';
import { Recursiv } from '@recursiv/sdk';
const start = performance.now();
await using held = await new Recursiv().dispatcher.hold({ agent: process.env.AGENT, lease_seconds: 30 });
await sleep(33_000);
const { claimed_at, last_heartbeat_at } = held.claim;
const renewedMs = Date.parse(last_heartbeat_at) - Date.parse(claimed_at);
const lost = held.signal.aborted;
const { data } = await held.complete();
console.log(JSON.stringify({ clock: Date.now(), workedMs: performance.now() - start, renewedMs, lost, status: data.status }));
`;

test.concurrent.for(['+1d', '-1d'] as const)(
  'a holder whose clock is off by %s keeps its claim for longer than its lease and completes it, even when the dispatcher is a day slow',
  async (offset, { expect }) => {
    await using dispatcher = await useDispatcher({ settings: await wrongClock('-1d') });
    const { url, api_key } = dispatcher.credentials;
    const created = await fetch(`${url}/api/v1/dispatcher/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api_key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Long work' }),
    });
    expect(created.status).toBe(201);
    expect(Date.parse(created.headers.get('date') ?? '') - Date.now()).toBeLessThan(-dayMs + 60_000);
    const variables = { ...(await wrongClock(offset)), RECURSIV_API_KEY: api_key, RECURSIV_BASE_URL: `${url}/api/v1`, AGENT: 'ada' };
    const { code, output } = await runTypeScript(work, client, variables);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('workedMs') });
    const { clock, workedMs, renewedMs, lost, status } = JSON.parse(output) as Record<string, number | boolean | string>;
    expect({ lost, status }).toEqual({ lost: false, status: 'done' });
    // The date of the answer comes from the clock of Dispatcher, and `clock` is the clock of the holder. Timers follow
    // the real time of the machine.
    expect(Math.round((Number(clock) - Date.now()) / dayMs)).toBe(offset === '+1d' ? 1 : -1);
    expect(Number(workedMs)).toBeGreaterThan(33_000);
    expect(Number(renewedMs)).toBeGreaterThan(15_000);
  },
);
