import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import type { Printer } from './printer.ts';
import { type Column, tableText } from './table.ts';

interface Row {
  readonly id: string;
  readonly title: string | null;
}

const columns: readonly Column<Row>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'TITLE', cell: ({ title }) => title, flexible: true },
];

function printer(width: number | undefined): Printer {
  return { width, paint: (_, text) => text, line: () => undefined, note: () => undefined };
}

test('columns are aligned by what a terminal shows, wide characters included', () => {
  const rows = [
    { id: '修复', title: 'wide' },
    { id: 'a', title: null },
  ];
  expect(tableText(printer(undefined), columns, rows)).toBe(['ID    TITLE', '修复  wide', 'a     -'].join('\n'));
});

test('in a terminal no line is wider than it; elsewhere nothing is cut', () => {
  const rows = [{ id: 'a', title: `${'👩‍👩‍👧'.repeat(30)} end` }];
  for (const line of tableText(printer(40), columns, rows).split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(40);
  expect(tableText(printer(undefined), columns, rows)).toContain(' end');
});

test('a cell stays on its line', () => {
  expect(tableText(printer(undefined), columns, [{ id: 'a', title: 'one\n\u001b[2Jtwo' }]).split('\n')).toEqual(['ID  TITLE', 'a   one \\x1b[2Jtwo']);
});

test('a column without any value is left out', () => {
  expect(tableText(printer(undefined), columns, [{ id: 'a', title: null }])).toBe('ID\na');
});
