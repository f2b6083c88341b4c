import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { plainLine, shortened, wrapped } from './fit-text.ts';

test('a line that is too long is cut with an ellipsis', () => {
  expect(shortened('a line of some length', 80)).toBe('a line of some length');
  expect(shortened('a line of some length', 21)).toBe('a line of some leng…');
  expect(shortened('修正するログインページの不具合を修正する', 22)).toBe('修正するログインペー…');
});

test('a line is broken between words, and a path that is wider than the terminal within it', () => {
  const line = '  last given back: fix-login: it failed. Its log is /state/dispatcher/orchestrator/logs/agent.log';
  expect(wrapped(line, 31)).toEqual([
    '  last given back: fix-login:',
    '    it failed. Its log is',
    '    /state/dispatcher/orchestr',
    '    ator/logs/agent.log',
  ]);
  expect(wrapped(line)).toEqual([line]);
});

test('whatever is wrapped fits and loses nothing but spaces', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.integer({ min: 21, max: 120 }), (text, columns) => {
      const line = plainLine(text);
      const lines = wrapped(line, columns);
      for (const one of lines) expect(stringWidth(one)).toBeLessThan(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''));
      expect(stringWidth(shortened(line, columns))).toBeLessThan(columns);
    }),
  );
});
