import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { effectiveScore } from '../tasks/score-sql.ts';

/** A task: its content and its state. The database computes `ready`, `score` and `rank`. */
export const Task = defineEntity({
  name: 'Task',
  tableName: 'tasks',
  properties: {
    organizationId: p.text().primary(),
    id: p.text().primary(),
    project: p.text().nullable(),
    title: p.text(),
    description: p.text().nullable(),
    owner: p.text().nullable(),
    milestone: p.text().nullable(),
    layer: p.text().nullable(),
    rev: p.float().nullable(),
    use: p.float().nullable(),
    ts: p.float().nullable(),
    sec: p.float().nullable(),
    stab: p.float().nullable(),
    effort: p.float().nullable(),
    score: p.float(),
    rank: p.float(),
    effectiveScore: p.float().formula((columns) => effectiveScore(String(columns.score), String(columns.updatedAt))),
    notes: p.text().nullable(),
    createdBy: p.text(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
    held: p.boolean(),
    status: p.text(),
    stage: p.text(),
    availableAt: p.datetime().nullable(),
    attempts: p.integer(),
    agent: p.text().nullable(),
    claimToken: p.text().nullable(),
    claimedAt: p.datetime().nullable(),
    lastHeartbeatAt: p.datetime().nullable(),
    expiresAt: p.datetime().nullable(),
    branch: p.text().nullable(),
    prUrls: p.array(),
    commits: p.array(),
    releaseReason: p.text().nullable(),
    contextHandoff: p.text().nullable(),
    completedAt: p.datetime().nullable(),
    archivedAt: p.datetime().nullable(),
    dependsOn: p.array(),
    blockedBy: p.array(),
    concurrencyKey: p.text().nullable(),
  },
});

/** A row of `tasks`. */
export type TaskRow = InferEntity<typeof Task>;
