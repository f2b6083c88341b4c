import type { Claim } from '@recursiv/sdk';
import type { DaemonContext } from '../daemon/context.ts';
import { taskKey, tasksOnDisk } from '../record/tasks-on-disk.ts';
import { wordsFromError } from './dispatcher.ts';

/** Only this many pages of live claims are read; other claims end with their lease. */
const mostPages = 20;

/**
 * Releases claims under our names that have no run on disk: a daemon died after the dispatcher had answered and before
 * it wrote the run. `isOurs` says which names are ours; no two daemons have the same name.
 */
export async function releaseUnknownClaims(context: DaemonContext, isOurs: (agent: string) => boolean | Promise<boolean>): Promise<void> {
  const { dispatcher, settings, log } = context;
  try {
    for (const claim of await liveClaims(context)) {
      if (!(await isOurs(claim.agent))) continue;
      const { agent, task_id: id, organization_id } = claim;
      if ((await tasksOnDisk(settings.stateDir)).has(taskKey({ id, organization_id }))) continue;
      const notes = 'The daemon ended before it could begin.';
      await dispatcher.release(id, { agent, organization_id, notes, release_reason: 'not_started' }).then(
        () => log.info({ task: id, agent }, 'a claim without a run is released'),
        (error: unknown) => log.warn({ task: id, agent, why: wordsFromError(error) }, 'a claim without a run was not released'),
      );
    }
  } catch (error) {
    log.warn({ why: wordsFromError(error) }, 'the claims could not be read; they end with their lease');
  }
}

async function liveClaims({ dispatcher }: DaemonContext): Promise<Claim[]> {
  const claims: Claim[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const { data, meta } = await dispatcher.claims({ limit: 200, cursor });
    claims.push(...data);
    if (!meta.has_more || meta.next_cursor === undefined) break;
    cursor = meta.next_cursor;
  }
  return claims;
}
