import { writeFileSync } from 'node:fs';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { lastLogLine } from './last-log-line.ts';

const step = '{"level":30,"time":"2026-11-22T16:40:12.000Z","task":"fix-login","step":"verify","msg":"step"}\n';
const crash =
  'file:///daemon.ts:9\n    throw new TypeError("x is not a function")\n\nTypeError: x is not a function\n    at main\n\nNode.js v24.21.0\n';
const outOfMemory = '<--- Last few GCs --->\n[1] ms\nFATAL ERROR: Reached heap limit Allocation failed\n----- Native stack trace -----\n 1: 0xb\n';

test.each([
  ['a step', step, '16:40:12  verify  fix-login'],
  ['a crash', step + crash, 'TypeError: x is not a function'],
  ['running out of memory', step + outOfMemory, 'FATAL ERROR: Reached heap limit Allocation failed'],
  ['a crash and a new start', crash + step, '16:40:12  verify  fix-login'],
  ['plain text', `${step}  Killed  \n\n`, 'Killed'],
  ['an empty log', '', null],
])('after %s it answers the line that matters', async (_, log, line) => {
  await using folder = await useFolder();
  writeFileSync(`${folder.path}/some.log`, log);
  expect(await lastLogLine(`${folder.path}/some.log`)).toBe(line);
});

test('a log that does not exist has no last line', async () => {
  expect(await lastLogLine('/nowhere/some.log')).toBeNull();
});
