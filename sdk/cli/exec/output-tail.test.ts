import { expect, test } from 'vitest';
import { OutputTail } from './output-tail.ts';

test('the last lines are kept, however much is printed', () => {
  const tail = new OutputTail();
  for (let n = 0; n < 100_000; n += 1) tail.add(Buffer.from(`line ${n}\n`));
  expect(tail.text().split('\n')).toEqual(Array.from({ length: 30 }, (_, index) => `line ${99_970 + index}`));
});

test('one line without an end is cut to its end', () => {
  const tail = new OutputTail();
  for (let n = 0; n < 100; n += 1) tail.add(Buffer.from('ü'.repeat(10_000)));
  tail.add(Buffer.from('end'));
  expect(tail.text()).toHaveLength(4_000);
  expect(tail.text()).toMatch(/^ü+end$/);
});

test('without output the text is empty', () => {
  expect(new OutputTail().text()).toBe('');
});
