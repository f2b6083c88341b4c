import { expect, test } from 'vitest';
import { batches } from './batches.ts';
import { tasksFromCsv } from './csv.ts';
import { repeatedIds, tasksFromJsonLines } from './task-lines.ts';

test('each line of a JSON Lines file is a task, and a line that is none is named', () => {
  const { tasks, faults } = tasksFromJsonLines('\ufeff{"title":"One"}\r\n\n{"title":"Two","rev":3}\n{"title":\n["x"]\n');
  expect(tasks).toEqual([
    { line: 1, task: { title: 'One' } },
    { line: 3, task: { title: 'Two', rev: 3 } },
  ]);
  expect(faults.map(({ line }) => line)).toEqual([4, 5]);
});

test('a CSV file has quotes, lines within cells, numbers, flags and lists, and empty cells are left out', () => {
  const text = 'id,title,rev,held,depends_on,notes\na,"One, ""two""\nand three",1.5,true,,\nb,Four,,,a c,"x"\n';
  expect(tasksFromCsv(text)).toEqual({
    tasks: [
      { line: 2, task: { id: 'a', title: 'One, "two"\nand three', rev: 1.5, held: true } },
      { line: 4, task: { id: 'b', title: 'Four', depends_on: ['a', 'c'], notes: 'x' } },
    ],
    faults: [],
  });
});

test('a CSV file with an unknown column, a missing cell or an open quote is refused by its line', () => {
  expect(tasksFromCsv('title,prio\nOne,5\n').faults).toMatchObject([{ line: 1, message: expect.stringContaining('prio') }]);
  expect(tasksFromCsv('title,rev\nOne,5\nTwo\n').faults).toMatchObject([{ line: 3 }]);
  expect(tasksFromCsv('title\n"One\n').faults).toHaveLength(1);
});

test('an id that is on two lines is named', () => {
  const { tasks } = tasksFromJsonLines('{"title":"One","id":"a"}\n{"title":"Two"}\n{"title":"Three","id":"a"}');
  expect(repeatedIds(tasks)).toMatchObject([{ line: 3, message: expect.stringContaining('line 1') }]);
});

test('requests have 500 tasks or 250 KiB at most, and keep the order', () => {
  const small = Array.from({ length: 1200 }, (_, i) => ({ line: i, task: { title: `Task ${i}` } }));
  expect([...batches(small)].map((batch) => batch.length)).toEqual([500, 500, 200]);
  expect([...batches(small)].flat()).toEqual(small);
  const large = Array.from({ length: 10 }, (_, i) => ({ line: i, task: { title: 'x', description: 'd'.repeat(60_000) } }));
  expect([...batches(large)].map((batch) => batch.length)).toEqual([4, 4, 2]);
});
