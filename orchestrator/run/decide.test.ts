import { describe, expect, test } from 'vitest';
import { decide, type RunAction, type RunFacts, type RunState, runStates } from './decide.ts';

const states = Object.keys(runStates) as RunState[];

const allFacts: RunFacts[] = states.flatMap((state) =>
  (['build', 'merge'] as const).flatMap((stage) =>
    [true, false].flatMap((merges) =>
      (['held', 'lost', 'ended', 'away'] as const).flatMap((lease) =>
        (['none', 'left'] as const).flatMap((processes) =>
          (['yes', 'no', 'unknown'] as const).map((landed) => ({ state, stage, merges, lease, processes, landed })),
        ),
      ),
    ),
  ),
);

/** For each action, exactly when it may be chosen. The reasons are in the test names below. */
const allowed: Record<RunAction, (facts: RunFacts) => boolean> = {
  kill: (f) => f.processes === 'left',
  clean: (f) => f.state === 'closed',
  wait: (f) => f.lease === 'away' || (f.landed === 'unknown' && f.state !== 'landed' && f.state !== 'releasing'),
  keep: (f) => f.lease === 'lost' || f.lease === 'ended',
  complete: (f) => f.lease === 'held' && (f.state === 'landed' || f.landed === 'yes'),
  release: (f) => f.lease === 'held' && f.state === 'releasing' && f.landed !== 'yes',
  build: (f) => f.lease === 'held' && f.stage === 'build' && f.landed === 'no' && (f.state === 'claimed' || f.state === 'building'),
  fetch: (f) => f.lease === 'held' && f.stage === 'merge' && f.landed === 'no' && (f.state === 'claimed' || f.state === 'building'),
  integrate: (f) => f.lease === 'held' && (f.merges || f.stage === 'merge') && f.landed === 'no' && (f.state === 'built' || f.state === 'verified'),
  handOver: (f) => f.lease === 'held' && !f.merges && f.stage === 'build' && f.landed === 'no' && (f.state === 'built' || f.state === 'verified'),
};

test('every combination of facts has one action, and that action is allowed', () => {
  expect(allFacts).toHaveLength(7 * 2 * 2 * 4 * 2 * 3);
  for (const facts of allFacts) expect(allowed[decide(facts)](facts), JSON.stringify(facts)).toBe(true);
});

test('every action is chosen for some facts', () => {
  expect(new Set(allFacts.map(decide))).toEqual(new Set(Object.keys(allowed)));
});

describe('over all facts', () => {
  test.each<[string, (facts: RunFacts) => boolean, readonly RunAction[]]>([
    ['only killing is done while unwatched processes are left', (f) => f.processes === 'left', ['kill']],
    ['a closed run is only cleaned up', (f) => f.processes === 'none' && f.state === 'closed', ['clean']],
    ['a task that landed is never built, merged or released again', (f) => f.landed === 'yes', ['kill', 'clean', 'wait', 'keep', 'complete']],
    ['a task that is no longer ours is only kept and cleaned up', (f) => f.lease === 'lost' || f.lease === 'ended', ['kill', 'clean', 'keep']],
    ['nothing ends while the dispatcher is away', (f) => f.lease === 'away' && f.state !== 'closed', ['kill', 'wait']],
    [
      'no agent starts and nothing is merged while the base is unknown',
      (f) => f.landed === 'unknown',
      ['kill', 'clean', 'wait', 'keep', 'complete', 'release'],
    ],
  ])('%s', (_, applies, actions) => {
    for (const facts of allFacts.filter(applies)) expect(actions, JSON.stringify(facts)).toContain(decide(facts));
  });
});

test('each state leads to closed, and no state follows closed', () => {
  for (const state of states) expect((runStates[state] as readonly string[]).includes('closed')).toBe(state !== 'closed');
  expect(runStates.closed).toEqual([]);
});
