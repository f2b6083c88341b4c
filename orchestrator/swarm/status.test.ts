import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { jsonText, type MemberStatus, statusText } from './status.ts';

const member: MemberStatus = {
  member: 'auto-host-1',
  repository: '/src/project',
  pid: 4711,
  state: 'running',
  written_at: '2026-11-22T16:40:12.000Z',
  uptime_seconds: 3_725,
  max_agents: 1,
  finished: 12,
  released: 1,
  blocked: null,
  paused: null,
  last_failure: 'other: The verification failed.',
  runs: [
    {
      agent: 'auto-host-1-1',
      task: 'fix-login',
      title: 'Fix \u001b[2Jthe\u202e login\u009b31m page',
      step: 'verify',
      seconds: 192,
      latest: 'npm\ntest',
    },
  ],
  silent_seconds: 1,
  last_line: '16:40:12  verify  fix-login',
  log: '/logs/auto-host-1.log',
};
const swarm = (...members: MemberStatus[]) => ({ folder: '/swarm', members });

test('the text shows what each member does, and the last line of its log', () => {
  expect(statusText(swarm(member), undefined)).toBe(
    `auto-host-1  1 of 1 at work  up 1h02m  12 finished, 1 given back  pid 4711
  fix-login  verify 3m12s  Fix the  login page  | npm test
  last given back: other: The verification failed.
  last line: 16:40:12  verify  fix-login
1 member of /src/project`,
  );
});

test.each<[string, Partial<MemberStatus>, string]>([
  [
    'pauses',
    { paused: { why: 'the quota is used up', seconds: 90, until: '2026-11-22T16:42:00.000' } },
    'paused for 1m30s, until 16:42: the quota is used up',
  ],
  ['begins nothing new', { blocked: 'origin cannot be read' }, 'origin cannot be read'],
  ['drains', { state: 'draining' }, 'finishing 1 task  up'],
  ['has not reported lately', { silent_seconds: 61 }, 'silent for 1m01s'],
  ['has died', { state: 'dead', silent_seconds: 61 }, 'auto-host-1  DEAD, last seen 1m01s ago'],
])('the text shows when a member %s', (_, change, words) => {
  expect(statusText(swarm({ ...member, ...change }), undefined)).toContain(words);
});

test('no line is wider than the terminal, and no character moves the cursor', () => {
  const wide = { ...member, member: 'auto-host-2', last_line: '修正するログインページの不具合を修正する' };
  const text = statusText(swarm(member, wide), 40);
  for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThan(40);
  for (const acting of ['\u001b', '\u009b', '\u202e']) {
    expect(text).not.toContain(acting);
    expect(jsonText(swarm(member))).not.toContain(acting);
  }
  expect(JSON.parse(jsonText(swarm(member)))).toEqual(swarm(member));
});
