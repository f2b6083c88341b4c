import { apiPath } from '@dispatcher/testing/system/harness/api-path.ts';
import { type Caller, createRun } from '../caller.ts';
import type { OpenDriver } from '../driver.ts';
import { type HttpConnection, openHttpConnection } from '../http-connection.ts';
import { newTask } from '../new-task.ts';

/** REST: a connection for each caller. The hand-written service has the same routes. */
export const openDriver: OpenDriver = async ({ at, key = '' }) => {
  return { run: createRun((index) => callerOver(openHttpConnection(at, key), `agent-${index}`)) };
};

function callerOver(connection: HttpConnection, agent: string): Required<Caller> {
  const send = async (method: 'GET' | 'POST', path: string, body?: object): Promise<string> => {
    const answer = await connection.send(method, apiPath + path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.body.slice(0, 300)}`);
    return answer.body;
  };
  return {
    async claimNext({ owner }) {
      const { data } = JSON.parse(await send('POST', '/tasks/claim-next', { agent, ...(owner !== undefined && { owner }) })) as ClaimAnswer;
      return data && { organizationId: '', taskId: data.claim.task_id, claimToken: data.claim.claim_token, agent };
    },
    complete: async ({ taskId, claimToken }) => void (await send('POST', `/done/${taskId}`, { claim_token: claimToken })),
    create: async () => void (await send('POST', '/tasks', newTask)),
    heartbeat: async ({ taskId, claimToken }) => void (await send('POST', `/heartbeat/${taskId}`, { agent, claim_token: claimToken })),
    get: async (path) => void (await send('GET', path)),
  };
}

interface ClaimAnswer {
  readonly data: { readonly claim: { readonly task_id: string; readonly claim_token: string } } | null;
}
