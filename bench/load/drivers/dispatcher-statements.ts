import { claimerOf } from '@dispatcher/claim/claimer.ts';
import { type ClaimStatements, createClaimStatements } from '@dispatcher/claim/statements.ts';
import { type Caller, createRun } from '../caller.ts';
import type { OpenDriver } from '../driver.ts';
import { type OpenServices, openServices } from './open-services.ts';

/**
 * The functions of the store, called as the handlers call them. This is comparable to a library such as pg-boss.
 * Nothing is authenticated or validated.
 */
export const openDriver: OpenDriver = async ({ at }) => {
  const services = await openServices(at);
  const statements = createClaimStatements(services.database.pool);
  return { run: createRun((index) => callerOn(services, statements, `agent-${index}`)) };
};

function callerOn({ published }: OpenServices, statements: ClaimStatements, agent: string): Caller {
  return {
    async claimNext({ organizationId, owner }) {
      const filter = { organizationId, stage: 'build', owner };
      const row = await statements.claimNext.run({ identity: [organizationId, null, null], filter, claimer: claimerOf({ agent }) });
      published();
      return row?.claimToken ? { organizationId, taskId: row.id, claimToken: row.claimToken, agent } : null;
    },
    async complete({ organizationId, taskId, claimToken }) {
      const holder = { organizationId, taskId, claimToken, agent: null, caller: agent };
      const completion = { notes: null, prUrls: null, commits: null };
      const row = await statements.complete.run({ identity: [organizationId, null, null], holder, completion });
      published();
      if (!row) throw new Error('a claim was lost');
    },
  };
}
