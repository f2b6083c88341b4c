import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageBatches } from './batches.ts';

const maxBytes = 128 * 1024;

test('batches keep all items in order, and only a single large item makes a large batch', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200_000 })), (sizes) => {
      const batches = messageBatches(sizes, (size) => size);
      expect(batches.flat()).toEqual(sizes);
      for (const batch of batches) expect(batch.length === 1 || batch.reduce((sum, size) => sum + size, 0) <= maxBytes).toBe(true);
    }),
  );
});

test('small items leave together', () => {
  expect(messageBatches([1, 2, 3], () => 1000)).toEqual([[1, 2, 3]]);
  expect(messageBatches([], () => 1)).toEqual([]);
});
