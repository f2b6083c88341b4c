import { expect, test } from 'vitest';
import { wordsFromLine } from './words.ts';

test.each([
  ['claude', ['claude']],
  ['  node  "/a b/agent.ts" ', ['node', '/a b/agent.ts']],
  [`--say 'it is "so"' ''`, ['--say', 'it is "so"', '']],
  ['a\\ b $HOME `id` *', ['a b', '$HOME', '`id`', '*']],
  ['', []],
])('%j is read as a shell would, without expanding anything', (line, words) => {
  expect(wordsFromLine(line)).toEqual(words);
});

test('a text with an open quote is not a command line', () => {
  expect(wordsFromLine(`node "agent`)).toBeNull();
});
