import { createRestClient, type RestClient } from './rest-client.ts';
import { type Acme, newOrganizationId, useAcme } from './use-acme.ts';

/** A word in every text and id of the organization `acme`, and nowhere else. */
export const secret = 'acme-secret';

/**
 * The organization `acme`, with a task in every state, and the organization `beta`, which must learn nothing about it.
 */
export interface TwoOrganizations extends Acme {
  /** The ids of acme's tasks. */
  readonly taskIds: readonly string[];
  /** The token of the live claim on one of them. */
  readonly claimToken: string;
  readonly betaId: string;
  readonly betaKey: string;
  readonly beta: RestClient;
  /** All that the database holds of acme, as text. */
  readAcme(): Promise<string>;
}

/** Starts the system and creates data for both organizations. */
export async function useTwoOrganizations(): Promise<TwoOrganizations> {
  await using resources = new AsyncDisposableStack();
  const acme = resources.use(await useAcme());
  const { services, rest, organizationId } = acme;
  const claimToken = await fillAcme(rest);
  const betaId = newOrganizationId('beta');
  const betaKey = await services.createKey(betaId);
  const beta = createRestClient(services.url, betaKey);
  for (const id of ['own-one', 'own-two', 'own-three']) await beta.create({ id, title: 'Our own', rev: 1 });
  const running = resources.move();
  return {
    ...acme,
    taskIds: standings.map((standing) => `${secret}-${standing}`),
    claimToken,
    betaId,
    betaKey,
    beta,
    readAcme: async () => {
      const rows = (table: string) => services.pool.query(`SELECT * FROM ${table} t WHERE organization_id = $1 ORDER BY t::text`, [organizationId]);
      const found = await Promise.all(['tasks', 'task_events', 'task_counts', 'api_keys'].map(rows));
      return JSON.stringify(found.map((table) => table.rows));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const standings = ['pending', 'held', 'postponed', 'claimed', 'merge', 'done', 'archived'] as const;

/** Creates a task in every state. Answers the token of the claimed one. */
async function fillAcme(rest: RestClient): Promise<string> {
  const texts = { title: secret, description: secret, project: secret, owner: secret, milestone: secret, notes: secret };
  for (const standing of standings) await rest.create({ id: `${secret}-${standing}`, layer: 'core', rev: 5, ...texts, held: standing === 'held' });
  const agent = `${secret}-agent`;
  const claim = async (standing: string) => (await rest.claim(`${secret}-${standing}`, { agent })).data.claim.claim_token ?? '';
  await claim('postponed');
  await rest.release(`${secret}-postponed`, { retry_after_seconds: 3600, context_handoff: secret, branch: secret });
  await claim('merge');
  await rest.release(`${secret}-merge`, { release_reason: 'completed', branch: secret, commits: [secret] });
  await claim('done');
  await rest.done(`${secret}-done`, { pr_urls: [secret] });
  await rest.archive(`${secret}-archived`);
  return await claim('claimed');
}
