import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText, manyLines, oneLine, plainText } from './terminal-text.ts';

/** Characters that a terminal acts on or shows in another order. */
const acting = /[^\P{Cc}\n]|[\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const nasty = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 1 }),
    fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\u001b[2J', '\u009b1A', '\u202e', '\u2066', '\u2028', '\ud800', '\r\n'),
  ),
});

test('no foreign text can move the cursor, change a colour or reorder what is shown', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(oneLine(text)).not.toMatch(acting);
      expect(oneLine(text)).not.toContain('\n');
      expect(manyLines(text)).not.toMatch(acting);
      expect(plainText(text)).not.toMatch(acting);
      expect(jsonText({ text }, 2)).not.toMatch(acting);
      expect(JSON.parse(jsonText([text], 2))).toEqual([text]);
    }),
    { numRuns: 1_000 },
  );
});

test('characters that a terminal acts on are shown as escapes', () => {
  expect(oneLine('a\u001b[31mb\u009b1Ac\u202ed')).toBe('a\\x1b[31mb\\x9b1Ac\\u202ed');
  expect(oneLine('two\n  lines')).toBe('two lines');
  expect(manyLines('one\r\n\ttwo')).toBe('one\n    two');
});

test('output of a program is kept as a person would have read it', () => {
  expect(plainText('\u001b[1mbold\u001b[0m\r\n10 %\r50 %\r100 %\n\tend\u0007\u0000')).toBe('bold\n100 %\n    end');
});

test('text in any language is not changed', () => {
  for (const text of ['Grüße', '修复登录', 'שלום', 'مرحبا', '👩‍👩‍👧 é']) expect(oneLine(text)).toBe(text);
});
