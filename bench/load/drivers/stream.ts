import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiPath } from '@dispatcher/testing/system/harness/api-path.ts';
import { quantile } from '../../report/statistics.ts';
import type { DriverTarget, OpenDriver } from '../driver.ts';

/**
 * Readers of the event stream. Opens the requested number of streams, and then counts the events that arrive at all of
 * them, with the time since the commit.
 */
export const openDriver: OpenDriver = async (target) => {
  const readers: Reader[] = [];
  let delays: number[] = [];
  const arrive = (delay: number) => delays.push(delay);
  return {
    async prepare(count) {
      for (const reader of readers.splice(count)) reader[Symbol.dispose]();
      while (readers.length < count)
        readers.push(...(await Promise.all(Array.from({ length: Math.min(50, count - readers.length) }, () => openReader(target, arrive)))));
    },
    async run({ seconds }) {
      delays = [];
      const start = performance.now();
      await sleep(seconds * 1000);
      return { count: delays.length, seconds: (performance.now() - start) / 1000, p50Ms: quantile(delays, 0.5), p99Ms: quantile(delays, 0.99) };
    },
  };
};

type Reader = Disposable;

/** The time of an event: the clock of the database just before the commit. */
const mark = '"occurred_at":"';

/**
 * Opens a stream, and reports for each event how long after its time it arrives. It reads nothing but the times, so
 * that a thousand readers cost little.
 */
async function openReader({ at, key }: DriverTarget, arrive: (delayMs: number) => void): Promise<Reader> {
  const { hostname, port } = new URL(at);
  const opened = Promise.withResolvers<void>();
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.write(`GET ${apiPath}/stream HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${key}\r\naccept: text/event-stream\r\n\r\n`);
  let rest = '';
  socket.on('data', (chunk: Buffer) => {
    const now = performance.timeOrigin + performance.now();
    const text = rest + chunk.toString('latin1');
    if (text.startsWith('HTTP/1.1 200')) opened.resolve();
    let from = 0;
    for (let found = text.indexOf(mark); found >= 0; found = text.indexOf(mark, from)) {
      const end = text.indexOf('"', found + mark.length);
      if (end < 0) break;
      arrive(now - timeOf(text.slice(found + mark.length, end)));
      from = end;
    }
    rest = text.slice(Math.max(from, text.length - longestMark));
  });
  socket.on('error', opened.reject);
  socket.on('close', () => opened.reject(new Error('the stream was closed')));
  await opened.promise;
  return { [Symbol.dispose]: () => void socket.destroy() };
}

/** The length of a mark with the longest time behind it. */
const longestMark = 60;

let last = { text: '', ms: 0 };

/** All readers get the same event, so the last parsed time is cached. Times are exact to the microsecond. */
function timeOf(text: string): number {
  if (text !== last.text) last = { text, ms: Date.parse(text) + Number(/\.\d{3}(\d{1,3})/.exec(text)?.[1] ?? 0) / 1000 };
  return last.ms;
}
