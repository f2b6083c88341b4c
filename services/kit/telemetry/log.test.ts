import { expect, test, vi } from 'vitest';
import { createLog } from './log.ts';

function useLines(level: string) {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLog(level, { write: (line: string) => void lines.push(JSON.parse(line)) }) };
}

test('a message that comes too often is left out, and the next line says how often', async () => {
  const { lines, log } = useLines('info');
  for (let i = 0; i < 10_000; i++) log.info({ i }, 'request');
  log.error({ err: new Error('once') }, 'another message');
  expect(lines.filter(({ msg }) => msg === 'request').length).toBeLessThan(1_000);
  expect(lines.at(-1)).toMatchObject({ msg: 'another message', err: { message: 'once' } });
  await vi.waitFor(() => {
    log.info({ i: 'later' }, 'request');
    expect(lines.at(-1)).toMatchObject({ msg: 'request', i: 'later', left_out: expect.any(Number) });
  });
});

test('at debug every line is written, as its caller asked for it', () => {
  const { lines, log } = useLines('debug');
  for (let i = 0; i < 1_000; i++) log.debug({ i, key: 'secret' }, 'request');
  log.warn('no fields');
  expect(lines.map(({ i }) => i)).toEqual([...Array(1_000).keys(), undefined]);
  expect(lines.at(-1)).toMatchObject({ msg: 'no fields' });
  expect(lines[0]).toMatchObject({ key: '[Redacted]' });
});
