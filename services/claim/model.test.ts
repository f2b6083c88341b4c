import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expireClaims } from './sql/queue/expire-claims.ts';

/** The part of a task's state that claims change. `ended` says for each agent how its last claim ended. */
interface ModelTask {
  id: string;
  status: 'pending' | 'claimed' | 'done';
  stage: 'build' | 'merge';
  held: boolean;
  archived: boolean;
  agent: string | null;
  overdue: boolean;
  attempts: number;
  failed: number;
  ended: Map<string, 'self' | 'lost'>;
  events: string[];
}

type Step =
  | { do: 'claimNext' | 'pass' | 'sweep' }
  | { do: 'claim' | 'heartbeat' | 'done' | 'release'; task: number; agent: string; reason?: string | undefined }
  | { do: 'archive'; task: number };

const reasons = ['completed', 'audit_failed', 'blocked', 'needs_human', 'timeout', 'reassigned', 'out_of_scope', 'not_started', undefined];
const onTask = { task: fc.nat({ max: 2 }), agent: fc.constantFrom('ann', 'bob') };
const steps: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constantFrom('claimNext' as const, 'pass' as const, 'sweep' as const) }),
  fc.record({ do: fc.constantFrom('claim' as const, 'claim' as const, 'heartbeat' as const, 'done' as const), ...onTask }),
  fc.record({ do: fc.constant('release' as const), ...onTask, reason: fc.constantFrom(...reasons) }),
  fc.record({ do: fc.constant('archive' as const), task: fc.nat({ max: 2 }) }),
];

it('claims behave like a small model of them, for any requests in any order', async () => {
  await using claims = await useClaims();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(...steps), { minLength: 5, maxLength: 25 }), async (sequence) => {
      run += 1;
      const model = [0, 1, 2].map((i) => modelTask(`r${run}-${i}`));
      for (const [i, { id }] of model.entries()) await claims.insertTask(id, { organization_id: `org${run}`, rank: 10 - i });
      for (const step of sequence) expect(await perform(claims, `org${run}`, model, step)).toBe(predict(model, step));
      for (const task of model) {
        expect(await claims.events(task.id)).toEqual(task.events);
        const { rows } = await claims.database.pool.query('SELECT status, stage, held, attempts, failed_claims FROM tasks WHERE id = $1', [task.id]);
        expect(rows[0]).toEqual({ status: task.status, stage: task.stage, held: task.held, attempts: task.attempts, failed_claims: task.failed });
      }
    }),
    { numRuns: 60 },
  );
});

function modelTask(id: string): ModelTask {
  const task = { id, status: 'pending', stage: 'build', held: false, archived: false, agent: null, overdue: false } as const;
  return { ...task, attempts: 0, failed: 0, ended: new Map(), events: [] };
}

/** Sends the request of one step. Returns the claimed task, `ok`, or the reason of the refusal. */
async function perform(claims: TestClaims, organizationId: string, model: ModelTask[], step: Step): Promise<string> {
  const client = claims.client(organizationId);
  const taskId = 'task' in step ? (model[step.task]?.id ?? '') : '';
  const agent = 'agent' in step ? step.agent : '';
  const calls: Record<Step['do'], () => Promise<unknown>> = {
    claimNext: async () => (await client.claimNextTask({ agent: 'ann' })).data?.task?.id ?? 'null',
    pass: () => claims.passLeases(),
    sweep: () => sweep(claims),
    claim: () => client.claimTask({ taskId, agent }),
    heartbeat: () => client.heartbeatTask({ taskId, agent }),
    done: () => client.completeTask({ taskId, agent }),
    release: () => client.releaseTask({ taskId, agent, ...('reason' in step && step.reason ? { releaseReason: step.reason } : {}) }),
    archive: () => client.archiveTask({ taskId }),
  };
  try {
    const answer = await calls[step.do]();
    return typeof answer === 'string' ? answer : 'ok';
  } catch (thrown) {
    if (thrown instanceof DispatcherError) return thrown.reason;
    throw thrown;
  }
}

async function sweep({ database, dependencies }: TestClaims): Promise<void> {
  await expireClaims(database.pool, dependencies.maxAttempts);
}

function predict(model: ModelTask[], step: Step): string {
  if (step.do === 'pass') for (const task of model) if (task.status === 'claimed') task.overdue = true;
  if (step.do === 'sweep') for (const task of model) if (task.overdue) expire(task, true);
  if (step.do === 'claimNext') {
    const next = model.find((task) => task.status === 'pending' && task.stage === 'build' && !task.held && !task.archived);
    if (next) claim(next, 'ann');
    return next?.id ?? 'null';
  }
  if (!('task' in step)) return 'ok';
  const task = model[step.task];
  if (!task) return 'not_found';
  if (step.do === 'archive') return archive(task);
  if (task.archived) return 'archived';
  if (task.status === 'done') return 'already_done';
  if (step.do === 'claim') return claimById(task, step.agent);
  return asHolder(task, step);
}

function claimById(task: ModelTask, agent: string): string {
  if (task.status === 'claimed' && !task.overdue) return 'already_claimed';
  if (task.overdue) expire(task, false);
  claim(task, agent);
  return 'ok';
}

function asHolder(task: ModelTask, step: Extract<Step, { agent: string }>): string {
  const live = task.status === 'claimed' && !task.overdue;
  if (!live || task.agent !== step.agent) {
    const lost = live || task.ended.get(step.agent) === 'lost' || (task.overdue && task.agent === step.agent);
    return lost ? 'claim_lost' : 'not_claimed';
  }
  if (step.do === 'done') end(task, 'done', 'task.completed');
  if (step.do === 'release') release(task, step.reason);
  return 'ok';
}

function claim(task: ModelTask, agent: string): void {
  Object.assign(task, { status: 'claimed', held: false, agent, attempts: task.attempts + 1 });
  task.events.push('task.claimed');
}

function expire(task: ModelTask, holds: boolean): void {
  task.failed += 1;
  task.held ||= holds && task.failed >= 5;
  if (task.agent) task.ended.set(task.agent, 'lost');
  Object.assign(task, { status: 'pending', overdue: false, agent: null });
  task.events.push('task.expired');
}

function release(task: ModelTask, reason: string | undefined): void {
  if (reason === 'completed') task.stage = 'merge';
  if (reason === 'not_started') task.attempts -= 1;
  const fails = reason !== 'completed' && reason !== 'not_started';
  if (fails) task.failed += 1;
  if (reason === 'audit_failed') task.stage = 'build';
  task.held = reason === 'blocked' || reason === 'needs_human' || (fails && task.failed >= 5);
  end(task, 'pending', 'task.released');
}

function end(task: ModelTask, status: 'pending' | 'done', event: string): void {
  if (task.agent) task.ended.set(task.agent, 'self');
  Object.assign(task, { status, agent: null });
  task.events.push(event);
}

function archive(task: ModelTask): string {
  if (task.archived) return 'ok';
  if (task.agent) task.ended.set(task.agent, 'lost');
  Object.assign(task, { archived: true, overdue: false, status: task.status === 'claimed' ? 'pending' : task.status });
  task.events.push('task.archived');
  return 'ok';
}
