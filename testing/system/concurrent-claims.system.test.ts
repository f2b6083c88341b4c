import type { ClaimedTask } from '@recursiv/sdk';
import { expect, test } from 'vitest';
import { createKeepAliveCaller, type KeepAliveCaller } from './harness/keep-alive-caller.ts';
import { type Acme, useAcme } from './harness/use-acme.ts';

const callerCount = 64;
const taskCount = 1500;

/** The largest number of callers that may wait at once. Each has its own connection. */
function useCallers({ services, key }: Acme) {
  const resources = new DisposableStack();
  const callers = Array.from({ length: callerCount }, () => resources.use(createKeepAliveCaller(services.url, key)));
  return { callers, [Symbol.dispose]: () => resources.dispose() };
}

/** The callers share the numbers below `count`: each takes the next number and acts on it, until none is left. */
async function share(callers: readonly KeepAliveCaller[], count: number, act: (caller: KeepAliveCaller, n: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    callers.map(async (caller) => {
      while (next < count) {
        const n = next;
        next += 1;
        await act(caller, n);
      }
    }),
  );
}

test('64 concurrent callers claim each of 1,500 tasks exactly once', async () => {
  await using acme = await useAcme();
  using many = useCallers(acme);
  await share(many.callers, taskCount, async (caller, n) => {
    expect((await caller.post('/tasks', { id: `task-${n}`, title: 'One', rev: n % 11 })).status).toBe(201);
  });
  const taken: string[] = [];
  const tokens = new Set<string | undefined>();
  await Promise.all(
    many.callers.map(async (caller, i) => {
      while (true) {
        const { status, data } = await caller.post<ClaimedTask | null>('/tasks/claim-next', { agent: `agent-${i}` });
        expect(status).toBe(200);
        if (data === null) return;
        taken.push(data.task.id);
        tokens.add(data.claim.claim_token);
        const { task_id: id, claim_token } = data.claim;
        if (taken.length % 2 === 0) expect((await caller.post(`/done/${id}`, { claim_token })).status).toBe(200);
      }
    }),
  );
  expect(taken).toHaveLength(taskCount);
  expect(new Set(taken).size).toBe(taskCount);
  expect(tokens.size).toBe(taskCount);
  expect((await acme.rest.stats()).data.byStatus).toEqual({ pending: 0, claimed: taskCount / 2, done: taskCount / 2 });
});

test('when 64 callers claim one task, one wins and the others are told its name', async () => {
  await using acme = await useAcme();
  using many = useCallers(acme);
  for (let round = 0; round < 5; round++) {
    await acme.rest.create({ id: `task-${round}`, title: 'One' });
    const claims = many.callers.map((caller, i) => caller.post<ClaimedTask>(`/claim/task-${round}`, { agent: `agent-${i}` }));
    const answers = await Promise.all(claims);
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(callerCount - 1);
    const winner = won[0]?.data.claim.agent;
    expect(await acme.rest.claim(`task-${round}`, { agent: 'late' })).toMatchObject({
      error: { code: 'already_claimed', details: { agent: winner } },
    });
    expect((await acme.rest.claimNext({ agent: 'late' })).data).toBeNull();
  }
});

test('when 64 callers finish one claim with its token, all get the same answer, and there is one event', async () => {
  await using acme = await useAcme();
  using many = useCallers(acme);
  await acme.rest.create({ id: 'one', title: 'One' });
  const { data } = await acme.rest.claim('one', { agent: 'ann' });
  const answers = await Promise.all(many.callers.map((caller) => caller.post('/done/one', { claim_token: data.claim.claim_token })));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect((await acme.rest.activity('one')).data.map(({ type }) => type)).toEqual(['task.created', 'task.claimed', 'task.completed']);
});
