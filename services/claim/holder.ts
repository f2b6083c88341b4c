import type { HandlerContext } from '@connectrpc/connect';
import type { Pool } from '@dispatcher/database/connection/pool.ts';
import { organizationOfTask } from '@dispatcher/database/tasks/organization-of-task.ts';
import { callerLabel, callerOf } from '@dispatcher/kit/auth/caller.ts';

/** The holder that a request about a claim names, and who sent the request. */
export interface Holder {
  organizationId: string;
  taskId: string;
  /** When it is given, the agent's name is not compared. */
  claimToken: string | null;
  agent: string | null;
  /** The event names this caller when the request has neither token nor agent. */
  caller: string;
}

/** Reads the holder from a request. */
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
