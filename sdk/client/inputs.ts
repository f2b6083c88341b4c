import type * as claim from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type * as key from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import type * as stats from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import type * as task from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { JsonInput } from './call/json-shape.ts';

/** Which tasks to list. A task must match all filters. */
export type TasksParams = JsonInput<task.ListTasksRequest, task.ListTasksRequestJson>;

/** The organization of the task. Only the admin needs it. */
export type GetParams = JsonInput<task.GetTaskRequest, task.GetTaskRequestJson, 'task_id'>;

/** A task to create. */
export type CreateInput = JsonInput<task.CreateTaskRequest, task.CreateTaskRequestJson>;

/** What to change. An absent field stays as it is, and null clears it. */
export type UpdateInput = OrNull<
  JsonInput<task.UpdateTaskRequest, task.UpdateTaskRequestJson, 'task_id' | 'update_mask'>,
  'organization_id' | 'title' | 'held'
>;

/** The organization of the task. Only the admin needs it. */
export type ExplainParams = JsonInput<task.ExplainTaskRequest, task.ExplainTaskRequestJson, 'task_id'>;

/** The organization of the task. Only the admin needs it. */
export type GraphParams = JsonInput<task.GetTaskGraphRequest, task.GetTaskGraphRequestJson, 'task_id'>;

/** Which page of a task's attempts. */
export type AttemptsParams = JsonInput<task.ListTaskAttemptsRequest, task.ListTaskAttemptsRequestJson, 'task_id'>;

/** Which page of a task's history. */
export type ActivityParams = JsonInput<task.ListTaskActivityRequest, task.ListTaskActivityRequestJson, 'task_id'>;

/** Who asks for work, and for which. */
export type ClaimNextInput = JsonInput<claim.ClaimNextTaskRequest, claim.ClaimNextTaskRequestJson>;

/** Who asks for work, for which, and for how many tasks. */
export type ClaimManyInput = JsonInput<claim.ClaimNextTasksRequest, claim.ClaimNextTasksRequestJson>;

/** One of several claims to keep alive. A claim as `claimMany` returned it will do, and so will the id alone. */
export type HeartbeatManyInput = TokenOptional<JsonInput<claim.HeartbeatItem, claim.HeartbeatItemJson>>;

/** One of several claims to end, and what finishing the task leaves behind. */
export type CompleteManyInput = TokenOptional<JsonInput<claim.CompleteItem, claim.CompleteItemJson>>;

/** Who claims the task. */
export type ClaimInput = JsonInput<claim.ClaimTaskRequest, claim.ClaimTaskRequestJson, 'task_id'>;

/** Whose claim to keep alive. */
export type HeartbeatInput = JsonInput<claim.HeartbeatTaskRequest, claim.HeartbeatTaskRequestJson, 'task_id'>;

/** What finishing the task leaves behind. */
export type CompleteInput = JsonInput<claim.CompleteTaskRequest, claim.CompleteTaskRequestJson, 'task_id'>;

/** Why the task goes back to the queue. */
export type ReleaseInput = JsonInput<claim.ReleaseTaskRequest, claim.ReleaseTaskRequestJson, 'task_id'>;

/** The organization of the task. Only the admin needs it. */
export type ArchiveInput = JsonInput<claim.ArchiveTaskRequest, claim.ArchiveTaskRequestJson, 'task_id'>;

/** Which claims to list. */
export type ClaimsParams = JsonInput<claim.ListClaimsRequest, claim.ListClaimsRequestJson>;

/** Whose tasks to count. Only the admin needs it. */
export type StatsParams = JsonInput<stats.GetStatsRequest, stats.GetStatsRequestJson>;

/** Which events to read. `after` resumes after a position. */
export type StreamParams = JsonInput<stats.WatchEventsRequest, stats.WatchEventsRequestJson>;

/** A key to make. */
export type CreateKeyInput = JsonInput<key.CreateKeyRequest, key.CreateKeyRequestJson, 'organization_id'> & {
  /** The organization. The client's own when absent. */
  organization_id?: string | undefined;
};

/** Which keys to list. */
export type KeysParams = JsonInput<key.ListKeysRequest, key.ListKeysRequestJson>;

/** What to claim and hold: the task `id`, or the next task that matches. */
export type HoldInput = ClaimNextInput & {
  /** The task to claim. The filters and `wait_seconds` have no effect then. */
  id?: string | undefined;
};

/** The client remembers the token of each claim that it made. */
type TokenOptional<T extends { claim_token: string }> = Omit<T, 'claim_token'> & {
  /** The token of the claim. The client's own when absent. */
  claim_token?: string | undefined;
};

type OrNull<T, Except extends string> = { [K in keyof T]: K extends Except ? T[K] : T[K] | null };
