import type { Claim, ClaimedTask, Event, Task } from '@recursiv/sdk';
import { expect } from 'vitest';
import type { History, SentRequest } from './crash-worker.ts';
import type { RestClient } from './harness/rest-client.ts';

/**
 * After a restart, checks that the system still has everything it had acknowledged. Answers how many requests had been
 * acknowledged.
 */
export async function expectNothingLost(rest: RestClient, history: History): Promise<number> {
  const acknowledged = history.filter(({ answer }) => answer !== undefined && answer !== null);
  const byTask = Map.groupBy(acknowledged, taskOf);
  const ids = [...byTask.keys()];
  for (let start = 0; start < ids.length; start += 16) {
    await Promise.all(ids.slice(start, start + 16).map((id) => expectKept(rest, id, byTask.get(id) ?? [], history)));
  }
  return acknowledged.length;
}

function taskOf({ act, answer, claim }: SentRequest): string {
  if (act === 'create') return (answer as Task).id;
  if (act === 'claim') return (answer as ClaimedTask).task.id;
  return claim?.task_id ?? '';
}

async function expectKept(rest: RestClient, id: string, requests: readonly SentRequest[], history: History): Promise<void> {
  const { status, data: task } = await rest.get(id);
  expect(status, `the task ${id} is readable`).toBe(200);
  const { data: events } = await rest.activity(id, '?limit=200');
  expectWholeLife(events);
  const has = (type: string, attempt: number) => events.filter((event) => event.type === type && event.attempt === attempt).length;
  for (const { act, answer, claim } of requests) {
    if (act === 'create') expect(has('task.created', 0)).toBe(1);
    if (act === 'claim') expect(has('task.claimed', (answer as ClaimedTask).claim.attempt)).toBe(1);
    if (act === 'done') expect([has('task.completed', claim?.attempt ?? 0), task.status, task.notes]).toEqual([1, 'done', claim?.claim_token]);
    if (act === 'release') expect(has('task.released', claim?.attempt ?? 0)).toBe(1);
  }
  const claims = requests.filter(({ act }) => act === 'claim').map(({ answer }) => (answer as ClaimedTask).claim);
  expect(new Set(claims.map(({ attempt }) => attempt)).size, `no attempt at ${id} was given out twice`).toBe(claims.length);
  for (const claim of claims) await expectStillHeld(rest, claim, history);
}

/** Claims do not overlap: each ends before the next begins. */
function expectWholeLife(events: readonly Event[]): void {
  expect(events[0]?.type).toBe('task.created');
  let held = false;
  for (const { type } of events.slice(1)) {
    expect(type === 'task.claimed', JSON.stringify(events.map((event) => event.type))).toBe(!held);
    held = type === 'task.claimed';
  }
}

/** A claim that nobody tried to end is still live, has its last acknowledged heartbeat, and its token still works. */
async function expectStillHeld(rest: RestClient, claim: Claim, history: History): Promise<void> {
  const about = history.filter((sent) => sent.claim?.claim_token === claim.claim_token);
  if (about.some(({ act }) => act === 'done' || act === 'release')) return;
  const { data: task } = await rest.get(claim.task_id);
  expect(task).toMatchObject({ status: 'claimed', claim: { agent: claim.agent, attempt: claim.attempt, claimed_at: claim.claimed_at } });
  for (const { act, answer } of about) {
    if (act === 'heartbeat' && answer !== undefined) expect((task.claim?.last_heartbeat_at ?? '') >= (answer as Claim).last_heartbeat_at).toBe(true);
  }
  expect((await rest.heartbeat(claim.task_id, { agent: claim.agent, claim_token: claim.claim_token })).status).toBe(200);
}

/**
 * Sends a request that was in flight again under its own key. It succeeds, and the next repeat gets the same answer.
 */
export async function expectRepeatable(rest: RestClient, { act, path, body, idempotencyKey }: SentRequest): Promise<void> {
  if (act === 'heartbeat') return;
  const headers = { 'idempotency-key': idempotencyKey };
  const first = await rest.call('POST', path, { body, headers });
  expect(first.status, `${act} again: ${first.text}`).toBeLessThan(300);
  const again = await rest.call('POST', path, { body, headers });
  if (first.data !== null) expect(again.text).toBe(first.text);
}
