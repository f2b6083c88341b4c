import { expect, test } from 'vitest';
import { type EndFacts, readEnd, refusalInWords } from './read-end.ts';
import { StreamJsonReader } from './stream-json.ts';

const now = Date.parse('2026-11-27T12:00:00Z');
const exited = (code: number) => ({ how: 'exited', code, signal: null }) as const;

function factsOf(lines: readonly (object | string)[], end: EndFacts['end'] = exited(1)): EndFacts {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const reader = new StreamJsonReader();
  reader.push(Buffer.from(text));
  reader.end();
  return { end, report: reader.report, tail: text, limit: '60 minutes', now };
}

const result = (more: object) => ({ type: 'result', subtype: 'success', is_error: true, result: 'Something', ...more });
const retry = (error_status: number | null) => ({
  type: 'system',
  subtype: 'api_retry',
  error_status,
  retry_delay_ms: 30_000,
  attempt: 3,
  max_retries: 10,
});

test.each<[string, EndFacts, string]>([
  ['status 401', factsOf([result({ api_error_status: 401 })]), 'key was refused (401)'],
  ['status 403', factsOf([result({ api_error_status: 403 })]), 'key was refused (403)'],
  ['status 429', factsOf([result({ api_error_status: 429 })]), 'rate limit is reached'],
  ['status 529', factsOf([result({ api_error_status: 529 })]), 'does not answer (529)'],
  ['status 500 with exit code 0', factsOf([result({ api_error_status: 500 })], exited(0)), 'does not answer (500)'],
  ['a retry under way at the time limit', factsOf([retry(529)], { how: 'limit' }), 'does not answer (529)'],
  ['a key refused while it retries', factsOf([retry(401)], { how: 'aborted' }), 'key was refused (401)'],
  ['please log in', factsOf([result({ result: 'Invalid API key · Please run /login' })]), 'key was refused'],
  ['an expired token', factsOf(['OAuth token has expired']), 'key was refused'],
  ['a usage limit', factsOf([result({ result: "You've hit your usage limit · resets 6pm" })]), 'quota is used up'],
  ['no credit', factsOf([result({ result: 'Credit balance is too low' })]), 'quota is used up'],
  ['a broken connection', factsOf([result({ result: 'API Error: Connection error. ECONNREFUSED' })]), 'did not reach its model'],
  [
    'Codex without a key',
    factsOf([{ type: 'turn.failed', error: { message: 'unexpected status 401 Unauthorized: Missing bearer' } }]),
    'key was refused (401)',
  ],
  [
    'Codex without quota',
    factsOf([{ type: 'turn.failed', error: { message: 'Quota exceeded. Check your plan and billing details.' } }]),
    'quota is used up',
  ],
])('%s is the fault of the model', (_, facts, why) => {
  expect(readEnd(facts)).toMatchObject({ how: 'unavailable', fault: 'model', why: expect.stringContaining(why) });
});

test.each<[string, EndFacts, object]>([
  ['a command that is not there', factsOf([], exited(127)), { how: 'unavailable', fault: 'machine' }],
  ['an error of its own', factsOf([result({ result: 'I could not do it', api_error_status: null })], exited(0)), { how: 'failed', fault: 'work' }],
  ['an exit code', factsOf(['no'], exited(3)), { how: 'failed', fault: 'work', why: 'the agent ended with exit code 3' }],
  ['the time limit', factsOf([], { how: 'limit' }), { how: 'limit', fault: 'work' }],
  ['a request that is refused as such', factsOf([result({ api_error_status: 400, result: 'prompt is too long' })]), { how: 'failed', fault: 'work' }],
  ['its result, although the process still runs', factsOf([result({ is_error: false })], { how: 'aborted' }), { how: 'finished' }],
  ['a refusal that was over before the result', factsOf([retry(529), result({ is_error: false })], exited(0)), { how: 'finished' }],
])('%s is read as it is', (_, facts, wanted) => {
  expect(readEnd(facts)).toMatchObject(wanted);
});

test('the end of a limit is read from the words of the agent', () => {
  expect(refusalInWords('Claude AI usage limit reached|1795790000', now)?.until).toBe(1_795_790_000_000);
  const six = new Date(now);
  six.setHours(18, 0, 0, 0);
  expect(refusalInWords("You've hit your limit · resets 6pm", now)?.until).toBe(six.getTime() > now ? six.getTime() : six.getTime() + 86_400_000);
  expect(refusalInWords('I added a rate limiter to the login page', now)).toBeNull();
});

test('while the agent waits for its model, the newest line says so', () => {
  expect(factsOf([retry(529)]).report.latest).toBe('the model does not answer (529); try 3 of 10');
});

test('the words and figures of Codex are read', () => {
  const { report } = factsOf([
    { type: 'item.completed', item: { type: 'agent_message', text: 'Done.' } },
    { type: 'turn.completed', usage: { input_tokens: 10, cached_input_tokens: 5, output_tokens: 3 } },
  ]);
  expect(report).toMatchObject({ result: 'Done.', isFinal: true, usage: { inputTokens: 10, outputTokens: 3 } });
});
