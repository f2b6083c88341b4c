import { testPrinter } from '@dispatcher/testing/sdk/test-printer.ts';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { type Column, tableText } from './table.ts';

interface Row {
  readonly id: string;
  readonly title: string | null;
}

const columns: readonly Column<Row>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'TITLE', cell: ({ title }) => title, flexible: true },
];

test('columns are aligned by what a terminal shows, wide characters included', () => {
  const rows = [
    { id: '修复', title: 'wide' },
    { id: 'a', title: null },
  ];
  expect(tableText(testPrinter(undefined), columns, rows)).toBe(['ID    TITLE', '修复  wide', 'a     -'].join('\n'));
});

test('in a file nothing is cut', () => {
  const rows = [{ id: 'a'.repeat(60), title: `${'👩‍👩‍👧'.repeat(30)} end` }];
  expect(tableText(testPrinter(undefined), columns, rows)).toMatch(/a{60} .* end$/s);
});

test('no line is wider than the terminal, and no character is halved', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '修', '👩‍👩‍👧'), minLength: 1, maxLength: 200 });
  const wide: readonly Column<readonly string[]>[] = [
    { head: 'ID', cell: ([id = null]) => id },
    { head: 'FIRST', cell: ([, one = null]) => one, drop: 1 },
    { head: 'SECOND', cell: ([, , two = null]) => two, drop: 2 },
    { head: 'WHY', cell: ([, , , why = null]) => why, flexible: true },
    { head: 'TITLE', cell: ([, , , , title = null]) => title, flexible: true },
  ];
  const row = fc.array(cell, { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.integer({ min: 50, max: 200 }), (rows, width) => {
      for (const line of tableText(testPrinter(width), wide, rows).split('\n')) {
        expect(stringWidth(line)).toBeLessThanOrEqual(width);
        expect(line).not.toMatch(/\u200d…/);
      }
    }),
  );
});

test('columns are left out in their order until the title has enough room', () => {
  const given: readonly Column<Row>[] = [
    { head: 'ID', cell: ({ id }) => id },
    { head: 'SECOND', cell: () => 'b'.repeat(15), drop: 2 },
    { head: 'FIRST', cell: () => 'a'.repeat(15), drop: 1 },
    { head: 'TITLE', cell: ({ title }) => title, flexible: true },
  ];
  const headOf = (width: number) =>
    tableText(testPrinter(width), given, [{ id: 'one', title: 't'.repeat(100) }])
      .split('\n')[0]
      ?.split(/ +/);
  expect(headOf(80)).toEqual(['ID', 'SECOND', 'FIRST', 'TITLE']);
  expect(headOf(55)).toEqual(['ID', 'SECOND', 'TITLE']);
  expect(headOf(40)).toEqual(['ID', 'TITLE']);
});

test('flexible columns share the room that is left, and a short one takes only what it needs', () => {
  const given: readonly Column<Row>[] = [
    { head: 'WHY', cell: () => 'short', flexible: true },
    { head: 'TITLE', cell: ({ title }) => title, flexible: true },
  ];
  expect(tableText(testPrinter(60), given, [{ id: 'a', title: 't'.repeat(100) }]).split('\n')[1]).toBe(`short  ${'t'.repeat(52)}…`);
});

test('a cell stays on its line', () => {
  const rows = [{ id: 'a', title: 'one\n\u001b[2Jtwo' }];
  expect(tableText(testPrinter(undefined), columns, rows).split('\n')).toEqual(['ID  TITLE', 'a   one \\x1b[2Jtwo']);
});

test('a column without any value is left out', () => {
  expect(tableText(testPrinter(undefined), columns, [{ id: 'a', title: null }])).toBe('ID\na');
});
