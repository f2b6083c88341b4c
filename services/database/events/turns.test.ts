import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('work under one name runs one by one in the order of arrival, also after a failure', async () => {
  const turns = new Turns();
  const begun: string[] = [];
  const gates = Array.from({ length: 3 }, () => Promise.withResolvers<string>());
  const results = gates.map((gate, i) =>
    turns.take('a', async () => {
      begun.push(`a${i}`);
      return await gate.promise;
    }),
  );
  await turns.take('b', async () => begun.push('b'));
  expect(begun).toEqual(['a0', 'b']);
  gates[0]?.resolve('first');
  expect(await results[0]).toBe('first');
  gates[1]?.reject(new Error('broken'));
  await expect(results[1]).rejects.toThrow('broken');
  gates[2]?.resolve('third');
  expect(await results[2]).toBe('third');
  expect(begun).toEqual(['a0', 'b', 'a1', 'a2']);
});
