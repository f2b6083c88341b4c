import type { Task } from '@recursiv/sdk';
import { expect } from 'vitest';

/** A time as the API writes it. */
export const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6})?Z$/);

/** The token of a claim. */
export const token = expect.stringMatching(/^\S{16,200}$/);

/** Every field of a task in the order of the contract, with the values of a task that was created with only a title. */
export function bareTask(organizationId: string, id: string, title: string): Record<keyof Task, unknown> {
  return {
    id,
    organization_id: organizationId,
    project: null,
    title,
    description: null,
    status: 'pending',
    stage: 'build',
    held: false,
    owner: null,
    milestone: null,
    layer: null,
    rev: null,
    use: null,
    ts: null,
    sec: null,
    stab: null,
    effort: null,
    score: 0,
    effective_score: 0,
    attempts: 0,
    available_at: null,
    claim: null,
    branch: null,
    pr_urls: [],
    commits: [],
    release_reason: null,
    context_handoff: null,
    notes: null,
    created_by: 'key:test',
    created_at: time,
    updated_at: time,
    completed_at: null,
    archived_at: null,
    depends_on: [],
    blocked_by: [],
    concurrency_key: null,
  };
}

/** A live claim without its token, in the order of the contract. */
export function bareClaim(organizationId: string, taskId: string, agent: string, attempt = 1): Record<string, unknown> {
  return { task_id: taskId, organization_id: organizationId, agent, attempt, claimed_at: time, last_heartbeat_at: time, expires_at: time };
}
