import { answerError, answerJson, claimOf, useServer } from '@dispatcher/testing/sdk/use-server.ts';
import { expect, test } from 'vitest';

const agent = 'agent-1';

/** Answers each claim with a new token, and every other request with success. */
function useClaims() {
  let claims = 0;
  return useServer((response, { url, body }) => {
    if (!url.includes('/claim')) return answerJson(response, 200, { data: { id: 't' } });
    claims += 1;
    const organizationId = body?.organization_id ?? 'acme';
    const claim = claimOf(url.includes('claim-next') ? 't' : 'u', 60_000, { claim_token: `token-${claims}`, organization_id: organizationId });
    answerJson(response, 200, { data: { task: { id: claim.task_id }, claim } });
  });
}

test('the calls after a claim carry its token and its organization', async () => {
  await using server = await useClaims();
  const { dispatcher } = server.client();
  await dispatcher.claimNext({ agent });
  await dispatcher.heartbeat('t', { agent });
  await dispatcher.complete('t', { notes: 'it is done' });
  await dispatcher.claim('u', { agent });
  await dispatcher.release('u', { agent, notes: 'not now' });
  expect(server.received.map(({ body }) => body)).toEqual([
    { agent },
    { agent, claim_token: 'token-1', organization_id: 'acme' },
    { notes: 'it is done', claim_token: 'token-1', organization_id: 'acme' },
    { agent },
    { agent, notes: 'not now', claim_token: 'token-2', organization_id: 'acme' },
  ]);
});

test('a claim that this client ended is forgotten', async () => {
  await using server = await useClaims();
  const { dispatcher } = server.client();
  for (const end of [() => dispatcher.complete('t'), () => dispatcher.release('t'), () => dispatcher.archive('t')]) {
    await dispatcher.claimNext({ agent });
    await end();
    await dispatcher.complete('t');
    expect(server.received.at(-1)?.body).toEqual({});
  }
});

test('a claim that was lost stays fenced: a late complete cannot end the claim of another', async () => {
  await using server = await useServer((response, { url }) =>
    url.includes('claim-next')
      ? answerJson(response, 200, { data: { task: { id: 't' }, claim: claimOf('t', 60_000, { claim_token: 'old' }) } })
      : answerError(response, 409, 'claim_lost'),
  );
  const { dispatcher } = server.client();
  await dispatcher.claimNext({ agent });
  await expect(dispatcher.heartbeat('t', { agent })).rejects.toMatchObject({ code: 'claim_lost' });
  await expect(dispatcher.complete('t')).rejects.toMatchObject({ code: 'claim_lost' });
  expect(server.received.at(-1)?.body).toMatchObject({ claim_token: 'old' });
});

test('a token is not sent for another agent, and does not replace one that the caller gives', async () => {
  await using server = await useClaims();
  const { dispatcher } = server.client();
  await dispatcher.claimNext({ agent });
  await dispatcher.heartbeat('t', { agent: 'agent-2' });
  await dispatcher.heartbeat('t', { agent, claim_token: 'given' });
  expect(server.received.slice(1).map(({ body }) => body)).toEqual([{ agent: 'agent-2' }, { agent, claim_token: 'given' }]);
});

test('where one id was claimed in two organizations, the caller’s organization decides', async () => {
  await using server = await useClaims();
  const { dispatcher } = server.client();
  await dispatcher.claimNext({ agent, organization_id: 'acme' });
  await dispatcher.claimNext({ agent, organization_id: 'globex' });
  await dispatcher.heartbeat('t', { agent });
  await dispatcher.heartbeat('t', { agent, organization_id: 'acme' });
  await dispatcher.heartbeat('t', { agent, organization_id: 'globex' });
  expect(server.received.slice(2).map(({ body }) => body?.claim_token)).toEqual([undefined, 'token-1', 'token-2']);
});

test('a client keeps the tokens of the 10,000 newest claims', async () => {
  const { ClaimMemory } = await import('./claim/claim-memory.ts');
  const memory = new ClaimMemory();
  const times = { claimed_at: '', last_heartbeat_at: '', expires_at: '' };
  for (let n = 0; n < 10_001; n++)
    memory.remember({ ...times, task_id: `t${n}`, organization_id: 'acme', agent, attempt: 1, claim_token: `token-${n}` });
  expect(memory.find({ id: 't0' })).toBeUndefined();
  expect(memory.find({ id: 't1' })?.claim_token).toBe('token-1');
});

test('the claims of one call are each fenced by their own token, and each forgotten when it is done', async () => {
  const results = [
    { task_id: 't0', task: { id: 't0' }, error: null },
    { task_id: 't1', task: null, error: { code: 'claim_lost' } },
  ];
  await using server = await useServer((response, { url }) => {
    const claimed = ['t0', 't1'].map((id) => ({ task: { id }, claim: claimOf(id, 60_000, { claim_token: `token of ${id}` }) }));
    answerJson(response, 200, { data: url.endsWith('/tasks/claim-batch') ? claimed : results });
  });
  const { dispatcher } = server.client();
  const { data } = await dispatcher.claimMany({ agent, max_tasks: 2 });
  await dispatcher.heartbeatMany(data.map(({ claim }) => claim));
  await dispatcher.completeMany([{ task_id: 't0', notes: 'done' }, { task_id: 't1' }]);
  await dispatcher.heartbeatMany([{ task_id: 't0' }, { task_id: 't1', claim_token: 'given' }]);
  const fenced = (id: string) => ({ task_id: id, claim_token: `token of ${id}`, organization_id: 'acme' });
  expect(server.received.map(({ url, body }) => [url.replace(/^.*dispatcher/, ''), body?.claims])).toEqual([
    ['/tasks/claim-batch', undefined],
    ['/claims/heartbeat', ['t0', 't1'].map((id) => ({ ...fenced(id), agent }))],
    ['/claims/done', [{ ...fenced('t0'), notes: 'done' }, fenced('t1')]],
    ['/claims/heartbeat', [{ task_id: 't0' }, { task_id: 't1', claim_token: 'given' }]],
  ]);
  expect(server.received.map(({ headers }) => typeof headers['idempotency-key'])).toEqual(['string', 'undefined', 'string', 'undefined']);
});
