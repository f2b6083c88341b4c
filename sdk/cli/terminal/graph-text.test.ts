import { testPrinter } from '@dispatcher/testing/sdk/test-printer.ts';
import { expect, test } from 'vitest';
import { graphText } from './graph-text.ts';

const node = (id: string, more: object = {}) => ({
  id,
  title: `Task ${id}`,
  status: 'pending',
  held: false,
  blocked: false,
  archived: false,
  ...more,
});
const edge = (text: string) => {
  const [from = '', to = ''] = text.split('>');
  return { from, to };
};

test('a graph is two trees, and what several wait for is followed once', () => {
  const graph = {
    nodes: [
      node('ship', { blocked: true }),
      node('api', { blocked: true }),
      node('page', { status: 'done' }),
      node('plan', { held: true }),
      node('party'),
    ],
    edges: ['plan>api', 'plan>page', 'api>ship', 'page>ship', 'ship>party'].map(edge),
    truncated: true,
  };
  expect(graphText(testPrinter(undefined), graph)).toBe(
    [
      'ship  blocked  Task ship',
      '',
      'Waits for',
      '├─ api  blocked  Task api',
      '│  └─ plan  held  Task plan',
      '└─ page  done  Task page',
      '   └─ plan  held  Task plan',
      '',
      'Needed by',
      '└─ party  pending  Task party',
      '',
      'There are more tasks than these.',
    ].join('\n'),
  );
});

test('a long chain behind a task is shown once, and nothing in a title moves the cursor', () => {
  const graph = {
    nodes: [node('a'), node('b'), node('c'), node('d', { title: 'Evil\u001b[2J', archived: true }), node('e')],
    edges: ['b>a', 'c>a', 'd>b', 'd>c', 'e>d'].map(edge),
    truncated: false,
  };
  const text = graphText(testPrinter(80), graph);
  expect(text).not.toContain('\u001b');
  expect(text.split('\n').slice(3)).toEqual([
    '├─ b  pending  Task b',
    expect.stringMatching(/^│ {2}└─ d {2}archived {2}Evil/),
    '│     └─ e  pending  Task e',
    '└─ c  pending  Task c',
    expect.stringMatching(/^ {3}└─ d {2}archived {2}Evil.*\(see above\)$/),
  ]);
});
