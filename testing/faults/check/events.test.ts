import { expect, test } from 'vitest';
import { missingEvents } from './missing-events.ts';
import { repeatedEffects } from './repeated-effects.ts';
import { claim, logOf, operation } from './use-history.ts';

test('an acknowledged change without its event is reported; an unacknowledged one is not', () => {
  const log = logOf({ type: 'task.created' }, { type: 'task.claimed', token: 'token of ada', actor: 'ada' });
  const released = operation('release', [20, 30], { token: 'token of ada', key: 'k' });
  const kept = [operation('create', [0, 1]), claim('ada', [2, 3], 1), operation('heartbeat', [4, 5]), operation('done', [6, null])];
  expect(missingEvents(kept, log)).toEqual([]);
  expect(missingEvents([...kept, released], log)).toEqual(['release of acme/t was acknowledged, and there is no event of it']);
});

test('a second event under a key, an unknown key and a second task for one request are reported', () => {
  const log = logOf(
    { type: 'task.released', key: 'k' },
    { type: 'task.released', key: 'k' },
    { type: 'task.updated', key: 'other' },
    { type: 'task.claimed', actor: 'ada' },
    { type: 'task.claimed', actor: 'ada', taskId: 'u' },
  );
  expect(repeatedEffects([operation('release', [0, 1], { key: 'k' })], log)).toEqual([
    '2 events under the key k',
    'ada asked for one task and was given 2',
    'An event has the key other, which nobody sent',
  ]);
});

test('another answer to the same request is reported', () => {
  const told = claim('ada', [0, 1], 1);
  expect(repeatedEffects([{ ...told, repeat: { taskId: 't', token: 'token of ada' } }], [])).toEqual([]);
  expect(repeatedEffects([{ ...told, repeat: { taskId: 'u', token: 'token of ada' } }], [])).toHaveLength(1);
});
