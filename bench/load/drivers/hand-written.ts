import { openReferenceStore } from '../../reference/store.ts';
import { type Caller, createRun } from '../caller.ts';
import type { OpenDriver } from '../driver.ts';

/** The store of the hand-written service, called directly. */
export const openDriver: OpenDriver = async ({ at }) => {
  const store = await openReferenceStore(at);
  const caller = (agent: string): Caller => ({
    async claimNext({ organizationId }) {
      const row = await store.claim({ organizationId, agent, leaseSeconds: 1800 });
      return row?.claim_token ? { organizationId, taskId: row.id, claimToken: row.claim_token, agent } : null;
    },
    async complete({ organizationId, taskId, claimToken }) {
      if (!(await store.complete({ organizationId, id: taskId, claimToken }))) throw new Error('a claim was lost');
    },
  });
  return {
    prepare: (backlog) => store.topUp(backlog),
    run: createRun((index) => caller(`agent-${index}`)),
  };
};
