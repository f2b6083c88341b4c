import { digestOfKey, isApiKey } from '@dispatcher/kit/auth/api-key.ts';
import { apiPath } from '@dispatcher/testing/system/harness/api-path.ts';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { openReferenceStore, type ReferenceRow } from './store.ts';

// The hand-written service that REST is compared with. It uses Fastify and `pg`, and does what Dispatcher does for a
// claim and a completion and nothing else. It authenticates a key against a table, validates with JSON schemas, batches
// its statements, and answers with the whole task.

/** A key is looked up again after this time, as in Dispatcher. */
const keyKeptMs = 800;

const store = await openReferenceStore(process.argv[2] ?? '');
const app = fastify();
const keys = new Map<string, { until: number; organizationId: Promise<string | null> }>();

const text = (most: number) => ({ type: 'string', minLength: 1, maxLength: most });
const claimBody = {
  type: 'object',
  required: ['agent'],
  additionalProperties: false,
  properties: { agent: text(200), lease_seconds: { type: 'integer', minimum: 30, maximum: 1800 } },
};
const doneBody = { type: 'object', required: ['claim_token'], additionalProperties: false, properties: { claim_token: text(200) } };
const taskParams = { type: 'object', properties: { id: text(200) } };

app.post<{ Body: { agent: string; lease_seconds?: number } }>(
  `${apiPath}/tasks/claim-next`,
  { schema: { body: claimBody } },
  async (request, reply) => {
    const organizationId = await organizationOf(request, reply);
    if (organizationId === null) return reply;
    const row = await store.claim({ organizationId, agent: request.body.agent, leaseSeconds: request.body.lease_seconds ?? 1800 });
    return { data: row && { task: taskOf(row), claim: claimOf(row) } };
  },
);

app.post<{ Params: { id: string }; Body: { claim_token: string } }>(
  `${apiPath}/done/:id`,
  { schema: { body: doneBody, params: taskParams } },
  async (request, reply) => {
    const organizationId = await organizationOf(request, reply);
    if (organizationId === null) return reply;
    const row = await store.complete({ organizationId, id: request.params.id, claimToken: request.body.claim_token });
    return row ? { data: taskOf(row) } : reply.code(409).send({ error: { code: 'claim_lost', message: 'The claim is over.' } });
  },
);

async function organizationOf(request: FastifyRequest, reply: FastifyReply): Promise<string | null> {
  const key = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const known = keys.get(key);
  const organizationId = known && known.until > performance.now() ? known.organizationId : isApiKey(key) ? lookUp(key) : Promise.resolve(null);
  const found = await organizationId;
  if (found === null) await reply.code(401).send({ error: { code: 'invalid_api_key', message: 'This API key is unknown.' } });
  return found;
}

function lookUp(key: string): Promise<string | null> {
  const organizationId = store.organizationOf(digestOfKey(key));
  keys.set(key, { until: performance.now() + keyKeptMs, organizationId });
  return organizationId;
}

/** All columns except those that only the holder and the database need. */
function taskOf({ claim_token: _token, lease_seconds: _seconds, rank: _rank, place: _place, ...task }: ReferenceRow): object {
  return task;
}

function claimOf({ id, organization_id, agent, claim_token, attempts, claimed_at, last_heartbeat_at, expires_at }: ReferenceRow): object {
  return { task_id: id, organization_id, agent, claim_token, attempt: attempts, claimed_at, last_heartbeat_at, expires_at };
}

process.on('message', (message) => {
  if (typeof message !== 'number') return;
  store.topUp(message).then(
    () => process.send?.({ ready: true }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.({ url, key: await store.createKey() });
