import { expect, test } from 'vitest';
import { addUsage, noUsage, StreamJsonReader, usageText } from './stream-json.ts';

const result = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  result: 'Done.',
  num_turns: 2,
  total_cost_usd: 0.5,
  usage: { input_tokens: 1, cache_read_input_tokens: 2, output_tokens: 3 },
};

test('the usage and the newest words are read wherever the stream is cut', () => {
  const text = `${JSON.stringify({ type: 'assistant', message: { content: [{ type: 'text', text: 'Ich prüfe' }] } })}\n${JSON.stringify(result)}`;
  const bytes = Buffer.from(text);
  for (let cut = 0; cut <= bytes.length; cut += 7) {
    const reader = new StreamJsonReader();
    reader.push(bytes.subarray(0, cut));
    reader.push(bytes.subarray(cut));
    reader.end();
    expect(reader.report).toMatchObject({ result: 'Done.', isError: false, usage: { inputTokens: 3, outputTokens: 3, costUsd: 0.5, turns: 2 } });
  }
});

test('output in another format is ignored', () => {
  const reader = new StreamJsonReader();
  reader.push(Buffer.from('{"type":"result","usage":null,"total_cost_usd":"much"}\n{broken\nnull\n[]\nplain words\n'));
  expect(reader.report).toMatchObject({ usage: noUsage, latest: 'plain words' });
});

test('the usage of rounds is added, and an agent without usage has no line', () => {
  const one = { inputTokens: 1, outputTokens: 2, costUsd: 0.25, turns: 1 };
  expect(usageText(addUsage(one, one))).toBe('Used 2 input and 4 output tokens in 2 turns, 0.5000 USD.');
  expect(usageText(noUsage)).toBe('');
});
