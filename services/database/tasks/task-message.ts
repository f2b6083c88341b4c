import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type Claim, ClaimSchema, type Task, TaskSchema } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TaskRow } from '../entities/task.ts';

/** Converts a task row to the message. */
export function taskFromRow(row: TaskRow): Task {
  return create(TaskSchema, {
    id: row.id,
    organizationId: row.organizationId,
    project: row.project ?? undefined,
    title: row.title,
    description: row.description ?? undefined,
    status: row.status,
    stage: row.stage,
    held: row.held,
    owner: row.owner ?? undefined,
    milestone: row.milestone ?? undefined,
    layer: row.layer ?? undefined,
    rev: row.rev ?? undefined,
    use: row.use ?? undefined,
    ts: row.ts ?? undefined,
    sec: row.sec ?? undefined,
    stab: row.stab ?? undefined,
    effort: row.effort ?? undefined,
    score: row.score,
    effectiveScore: row.effectiveScore,
    attempts: row.attempts,
    availableAt: timestamp(row.availableAt),
    claim: row.status === 'claimed' ? claimFromRow(row) : undefined,
    branch: row.branch ?? undefined,
    prUrls: row.prUrls,
    commits: row.commits,
    releaseReason: row.releaseReason ?? undefined,
    contextHandoff: row.contextHandoff ?? undefined,
    notes: row.notes ?? undefined,
    createdBy: row.createdBy,
    createdAt: timestamp(row.createdAt),
    updatedAt: timestamp(row.updatedAt),
    completedAt: timestamp(row.completedAt),
    archivedAt: timestamp(row.archivedAt),
    dependsOn: row.dependsOn,
    blockedBy: row.blockedBy,
    concurrencyKey: row.concurrencyKey ?? undefined,
  });
}

/** The columns from which a claim message is made. */
export type ClaimRow = Pick<TaskRow, 'id' | 'organizationId' | 'agent' | 'attempts' | 'claimedAt' | 'lastHeartbeatAt' | 'expiresAt'>;

/** Converts the claim on a task row to the message. The message has the token only when `claimToken` is given. */
export function claimFromRow(row: ClaimRow, claimToken?: string): Claim {
  return create(ClaimSchema, {
    taskId: row.id,
    organizationId: row.organizationId,
    agent: row.agent ?? '',
    claimToken,
    attempt: row.attempts,
    claimedAt: timestamp(row.claimedAt),
    lastHeartbeatAt: timestamp(row.lastHeartbeatAt),
    expiresAt: timestamp(row.expiresAt),
  });
}

const timestamp = (date: Date | null | undefined) => (date ? timestampFromDate(date) : undefined);
