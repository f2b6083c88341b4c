import { testPrinter } from '@dispatcher/testing/sdk/test-printer.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortId, shortIds } from './short-id.ts';

const terminal = testPrinter(80);

test('server-made ids and long ids are shortened; ids that people chose are not', () => {
  expect(shortId(terminal, '3f8b6f4e-6e0c-4f7d-9d7e-0f5f0c8f5d11')).toBe('3f8b6f4e');
  expect(shortId(terminal, 'fix-login')).toBe('fix-login');
  expect(shortId(terminal, 'write-the-release-notes-of-the-autumn')).toBe('write-the-release-no');
});

test('files get whole ids', () => {
  expect(shortId(testPrinter(undefined), '3f8b6f4e-6e0c-4f7d-9d7e-0f5f0c8f5d11')).toBe('3f8b6f4e-6e0c-4f7d-9d7e-0f5f0c8f5d11');
});

test('a short id is the beginning of exactly one of the shown ids', () => {
  const character = fc.constantFrom(...'ab');
  const made = fc.string({ unit: fc.constantFrom(...'0f'), minLength: 8, maxLength: 8 }).map((head) => `${head}-0000-4000-8000-000000000000`);
  const ids = fc.uniqueArray(fc.oneof(fc.string({ unit: character, minLength: 1, maxLength: 40 }), made), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(ids, (all) => {
      const short = shortIds(terminal, all);
      for (const id of all) {
        expect(id.startsWith(short(id))).toBe(true);
        if (short(id) !== id) expect(all.filter((other) => other.startsWith(short(id)))).toEqual([id]);
      }
    }),
  );
});
