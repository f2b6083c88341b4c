import type { HandlerContext } from '@connectrpc/connect';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { callerLabel, callerOf } from '@dispatcher/kit/auth/caller.ts';

/** Whom a request about a claim names as its holder, and who sent it. */
export interface Holder {
  organizationId: string;
  taskId: string;
  /** Decides alone where it is given. */
  claimToken: string | null;
  agent: string | null;
  /** Stands in the event where neither token nor agent is given. */
  caller: string;
}

/** The holder that a request names. */
export async function holderOf(
  pool: Pool,
  request: { taskId: string; organizationId?: string | undefined; claimToken?: string | undefined; agent?: string | undefined },
  context: HandlerContext,
): Promise<Holder> {
  return {
    organizationId: await organizationOfTask(pool, request),
    taskId: request.taskId,
    claimToken: request.claimToken ?? null,
    agent: request.agent ?? null,
    caller: callerLabel(callerOf(context)),
  };
}
