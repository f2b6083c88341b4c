import type { Client } from '@connectrpc/connect';
import { type TestClaims, useClaims } from '@dispatcher/testing/services/use-claims.ts';
import type { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { describe, expect, test } from 'vitest';

/** Creates this many tasks and claims them. */
async function claimMany({ insertTask, client }: TestClaims, count: number, columns: Record<string, unknown> = {}) {
  for (let i = 0; i < count; i++) await insertTask(`t${String(i).padStart(3, '0')}`, { rank: count - i, ...columns });
  const { data } = await client('acme').claimNextTasks({ agent: 'ann', maxTasks: Math.min(count, 100) });
  return data.map(({ claim }) => ({ taskId: claim?.taskId ?? '', claimToken: claim?.claimToken ?? '' }));
}

type Results = { taskId: string; error?: { code: string } | undefined }[];
const codes = (results: Results) => results.map(({ error }) => error?.code ?? 'ok');

/** The two kinds of request, in the parts that are alike. */
const requests: { name: string; send: (client: Client<typeof ClaimService>, claims: object[], organizationId?: string) => Promise<Results> }[] = [
  { name: 'heartbeat', send: async (client, claims, organizationId) => (await client.heartbeatTasks({ claims, organizationId })).data },
  { name: 'done', send: async (client, claims, organizationId) => (await client.completeTasks({ claims, organizationId })).data },
];

describe.each(requests)('a $name of several claims', ({ send }) => {
  test('has a result for each, in the order of the request, and refuses only what it would refuse alone', async () => {
    await using claims = await useClaims();
    const [first, second, third] = await claimMany(claims, 3);
    await claims.client('acme').releaseTask({ taskId: second?.taskId ?? '', claimToken: second?.claimToken ?? '' });
    const unknown = { taskId: 'nobody-has-this', claimToken: 'x' };
    const wrongToken = { ...third, claimToken: 'not-the-token' };
    const given = [unknown, { ...third }, { ...second }, wrongToken, { ...first }];
    const results = await send(claims.client('acme'), given);
    expect(results.map(({ taskId }) => taskId)).toEqual(['nobody-has-this', 't002', 't001', 't002', 't000']);
    const [one, two, three, four, five] = codes(results);
    expect([one, two, three, five]).toEqual(['not_found', 'ok', 'not_claimed', 'ok']);
    expect(['claim_lost', 'already_done']).toContain(four);
  });

  test('changes no claim of another organization, and answers as for an unknown id', async () => {
    await using claims = await useClaims();
    const [mine] = await claimMany(claims, 1);
    const answers = await send(claims.client('globex'), [{ ...mine }, { taskId: 'nobody-has-this', claimToken: mine?.claimToken }]);
    const [foreign, unknown] = answers.map(({ error }) => ({ ...error }));
    expect(foreign).toMatchObject({ code: 'not_found' });
    expect(foreign).toEqual(unknown);
    for (const named of [
      { ...mine, organizationId: 'acme' },
      { taskId: 'nobody-has-this', claimToken: 'x', organizationId: 'nobody' },
    ]) {
      const answer = send(claims.client('globex'), [{ taskId: 'x', claimToken: 'y' }, named]);
      await expect(answer).rejects.toMatchObject({ reason: 'forbidden', info: { field: 'claims[1].organization_id' } });
    }
    expect(await claims.column('t000', 'status')).toBe('claimed');
    expect(await claims.column('t000', 'last_heartbeat_at')).toEqual(await claims.column('t000', 'claimed_at'));
  });

  test('names an invalid item by its place, and changes nothing', async () => {
    await using claims = await useClaims();
    const [mine] = await claimMany(claims, 1);
    const wrong: [object[], string][] = [
      [[{ ...mine }, { taskId: 'x' }], 'claims[1].claim_token'],
      [[{ ...mine }, { taskId: '', claimToken: 'x' }], 'claims[1].task_id'],
      [[], 'claims'],
      [Array.from({ length: 501 }, () => ({ ...mine })), 'claims'],
    ];
    for (const [given, field] of wrong)
      await expect(send(claims.client('acme'), given)).rejects.toMatchObject({ reason: 'invalid_argument', info: { field } });
    expect(await claims.events('t000')).toEqual(['task.claimed']);
  });

  test('lets the admin name one organization for all items, or one for each', async () => {
    await using claims = await useClaims();
    const [mine] = await claimMany(claims, 1);
    await claims.insertTask('t000', { organization_id: 'globex' });
    const admin = claims.client('admin');
    expect(codes(await send(admin, [{ ...mine }]))).toEqual(['ambiguous_id']);
    expect(codes(await send(admin, [{ ...mine }], 'globex'))).toEqual(['not_claimed']);
    expect(codes(await send(admin, [{ ...mine, organizationId: 'acme' }], 'globex'))).toEqual(['ok']);
  });
});

test('a heartbeat renews each lease for its own length', async () => {
  await using claims = await useClaims();
  const mine = await claimMany(claims, 2);
  const { data } = await claims.client('acme').heartbeatTasks({ claims: mine });
  for (const { claim } of data) {
    expect(Number(claim?.expiresAt?.seconds) - Number(claim?.lastHeartbeatAt?.seconds)).toBe(1800);
    expect(claim?.claimToken).toBeUndefined();
  }
});

test('done stores what each claim says, and a repeat gets the same tasks and writes no second event', async () => {
  await using claims = await useClaims();
  const mine = (await claimMany(claims, 3)).map((claim, i) => ({ ...claim, notes: `note ${i}`, commits: [`c${i}`] }));
  for (const key of [undefined, 'key']) {
    const { data } = await claims.client('acme', key).completeTasks({ claims: mine });
    expect(data.map(({ task }) => [task?.status, task?.notes, task?.commits])).toEqual([0, 1, 2].map((i) => ['done', `note ${i}`, [`c${i}`]]));
  }
  for (const { taskId } of mine) expect(await claims.events(taskId)).toEqual(['task.claimed', 'task.completed']);
});

test('a different request with the idempotency key of a done that changed something is refused', async () => {
  await using claims = await useClaims();
  const [lost, first, second, third] = await claimMany(claims, 4);
  const gone = { ...lost, claimToken: 'not-the-token' };
  const client = claims.client('acme', 'key');
  const request = { claims: [gone, { ...first }, { ...second }] };
  expect(codes((await client.completeTasks(request)).data)).toEqual(['claim_lost', 'ok', 'ok']);
  expect(codes((await client.completeTasks(request)).data)).toEqual(['claim_lost', 'ok', 'ok']);
  const reused = { reason: 'idempotency_key_reused' };
  await expect(client.completeTasks({ claims: [{ ...third }] })).rejects.toMatchObject(reused);
  await expect(client.completeTask({ ...third })).rejects.toMatchObject(reused);
  expect(await claims.column('t003', 'status')).toBe('claimed');
});

test('an answer has the long texts of as many tasks as fit into it, and the others without', async () => {
  await using claims = await useClaims();
  const mine = await claimMany(claims, 100, { description: 'd'.repeat(60_000) });
  const rest = await claims.client('acme').claimNextTasks({ agent: 'ann', maxTasks: 100 });
  const all = [...mine, ...rest.data.map(({ claim }) => ({ taskId: claim?.taskId ?? '', claimToken: claim?.claimToken ?? '' }))];
  const { data } = await claims.client('acme').completeTasks({ claims: all });
  const texts = data.map(({ task }) => task?.description?.length ?? 0);
  expect(data.every(({ task }) => task?.status === 'done')).toBe(true);
  expect(texts.filter((length) => length === 60_000).length).toBe(69);
  expect(texts.filter((length) => length === 0).length).toBe(31);
});
