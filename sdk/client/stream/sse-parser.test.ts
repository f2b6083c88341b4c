import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSseParser } from './sse-parser.ts';

test('reads ids, types, data of several lines, retry and comments', () => {
  const parse = createSseParser();
  expect(parse(': hello\nretry: 500\n\nid: 7\nevent: task.claimed\ndata: {"a":\ndata:1}\n\n:\n\nid\n\n')).toEqual([
    { id: undefined, event: 'message', data: undefined, retry: 500 },
    { id: '7', event: 'task.claimed', data: '{"a":\n1}', retry: undefined },
    { id: undefined, event: 'message', data: undefined, retry: undefined },
    { id: '', event: 'message', data: undefined, retry: undefined },
  ]);
});

test('skips ids with NUL, a retry that is not a number, and unknown fields', () => {
  expect(createSseParser()('id: 1\0\nretry: 1s\nfoo: bar\ndata: x\n\n')).toEqual([{ id: undefined, event: 'message', data: 'x', retry: undefined }]);
});

test('reads the same blocks wherever the text is cut and however its lines end', () => {
  const line = fc.constantFrom(': c', 'id: 42', 'event: task.done', 'data: one', 'data:  two', 'data', 'retry: 5', '');
  const property = fc.property(
    fc.array(line, { maxLength: 20 }),
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.array(fc.nat(40), { maxLength: 40 }),
    (lines, end, cuts) => {
      // The last character is a line feed, because a carriage return at the end may be half of a CRLF.
      const whole = `${lines.join(end)}${end}${end}`.replace(/\r$/, '\r\n');
      const expected = createSseParser()(whole.replaceAll('\r\n', '\n').replaceAll('\r', '\n'));
      const parse = createSseParser();
      const found = [];
      let rest = whole;
      for (const cut of cuts) {
        found.push(...parse(rest.slice(0, cut)));
        rest = rest.slice(cut);
      }
      found.push(...parse(rest));
      expect(found).toEqual(expected);
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test('an event without an end does not fill the memory', () => {
  const parse = createSseParser();
  const feed = () => {
    for (let n = 0; n < 10; n++) parse(`data: ${'x'.repeat(1024 * 1024)}\n`);
  };
  expect(feed).toThrow(RangeError);
});
