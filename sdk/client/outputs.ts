import type * as claim from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type * as event from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import type * as key from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import type * as page from '@recursiv/proto/gen/dispatcher/v1/page_pb.ts';
import type * as stats from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import type * as task from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { JsonOutput } from './call/json-shape.ts';

/** A piece of work. */
export type Task = JsonOutput<task.Task, task.TaskJson>;

/** One claim of a task, and how it ended. */
export type Attempt = JsonOutput<task.Attempt, task.AttemptJson>;

/** Why claim-next hands a task out or not, its place in the order, and what could be done about it. */
export type TaskExplanation = JsonOutput<task.TaskExplanation, task.TaskExplanationJson>;

/** A task with all that it waits for and all that waits for it. The task itself is the first node. */
export type TaskGraph = JsonOutput<task.TaskGraph, task.TaskGraphJson>;

/** A task in a graph. */
export type TaskGraphNode = JsonOutput<task.TaskGraphNode, task.TaskGraphNodeJson>;

/** One agent's lease on one task. `claim_token` is only in the answer to the claimer. */
export type Claim = JsonOutput<task.Claim, task.ClaimJson>;

/** A task and the new claim on it. */
export type ClaimedTask = JsonOutput<claim.ClaimedTask, claim.ClaimedTaskJson>;

/** What became of one of several heartbeats: the renewed claim, or the error. */
export type HeartbeatResult = JsonOutput<claim.HeartbeatResult, claim.HeartbeatResultJson>;

/** What became of one of several completions: the finished task, or the error. */
export type CompleteResult = JsonOutput<claim.CompleteResult, claim.CompleteResultJson>;

/** Why one of several was refused. A single call would fail with the same. */
export type ItemError = JsonOutput<claim.ItemError, claim.ItemErrorJson>;

/** One transition of one task. */
export type Event = JsonOutput<event.Event, event.EventJson>;

/** The part of a task that an event carries. */
export type EventTask = JsonOutput<event.EventTask, event.EventTaskJson>;

/** Numbers of tasks by status, owner and layer. */
export type Stats = JsonOutput<stats.Stats, stats.StatsJson>;

/** A key of an organization. `key`, the secret, is only in the answer that creates it. */
export type Key = JsonOutput<key.Key, key.KeyJson>;

/** The place of a page in its list. Give `next_cursor` as `cursor` to get the next page. */
export type Page = JsonOutput<page.Page, page.PageJson>;
