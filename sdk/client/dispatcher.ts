import type { DescMessage } from '@bufbuild/protobuf';
import { ClaimService, CompleteItemSchema, HeartbeatItemSchema } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { Call, CallOptions } from './call/call.ts';
import type { Fields } from './call/route.ts';
import { ClaimMemory } from './claim/claim-memory.ts';
import { type HeldClaim, holdClaim } from './claim/hold.ts';
import type { Settings } from './config.ts';
import type * as inputs from './inputs.ts';
import type {
  Attempt,
  Claim,
  ClaimedTask,
  CompleteResult,
  Event,
  HeartbeatResult,
  Key,
  Page,
  Stats,
  Task,
  TaskExplanation,
  TaskGraph,
} from './outputs.ts';
import { type StreamItem, type StreamOptions, streamEvents } from './stream/stream.ts';

/**
 * The methods of the dispatcher. Each returns `{ data }`, lists return `{ data, meta }`. Each rejects with a
 * RecursivError.
 */
export class Dispatcher {
  /** The keys of the organizations. Only for the admin key. */
  readonly keys: Keys;
  readonly #settings: Settings;
  readonly #call: Call;
  readonly #memory = new ClaimMemory();

  constructor(settings: Settings, call: Call) {
    this.#settings = settings;
    this.#call = call;
    this.keys = new Keys(call);
  }

  /** Lists tasks in the order in which claim-next hands them out. */
  tasks(params: inputs.TasksParams = {}, options?: CallOptions): Promise<{ data: Task[]; meta: Page }> {
    return this.#call(TaskService.method.listTasks, params, options);
  }

  /** Reads one task by its id, also an archived one. */
  get(id: string, params: inputs.GetParams = {}, options?: CallOptions): Promise<{ data: Task }> {
    return this.#call(TaskService.method.getTask, { ...params, task_id: id }, options);
  }

  /** Creates a task. An `id` that the organization already has is refused with `duplicate_id`. */
  create(input: inputs.CreateInput, options?: CallOptions): Promise<{ data: Task }> {
    return this.#call(TaskService.method.createTask, input, options);
  }

  /** Creates 1 to 500 tasks, all or none. An error names the task by its place, such as `tasks[3].title`. */
  createMany(tasks: readonly inputs.CreateInput[], options?: CallOptions): Promise<{ data: Task[] }> {
    return this.#call(TaskService.method.createTasks, { tasks }, options);
  }

  /**
   * Changes content, score inputs, notes, `held`, `depends_on` or `concurrency_key`. Null clears a field. Conflicts:
   * `archived`, `dependency_cycle`, `concurrency_limit`.
   */
  update(id: string, input: inputs.UpdateInput, options?: CallOptions): Promise<{ data: Task }> {
    return this.#call(TaskService.method.updateTask, { ...input, task_id: id }, options);
  }

  /** Removes a task from lists, counts and claims for good. A second call changes nothing. */
  async archive(id: string, input: inputs.ArchiveInput = {}, options?: CallOptions): Promise<{ data: Task }> {
    const known = this.#memory.find({ id, organizationId: this.#organization(input) });
    const answer = await this.#call(ClaimService.method.archiveTask, { ...input, task_id: id }, options);
    this.#memory.forget(id, known?.claim_token);
    return answer;
  }

  /** Says why claim-next hands a task out or not, its place in the order, and what could be done about it. */
  explain(id: string, params: inputs.ExplainParams = {}, options?: CallOptions): Promise<{ data: TaskExplanation }> {
    return this.#call(TaskService.method.explainTask, { ...params, task_id: id }, options);
  }

  /** Reads all that a task waits for and all that waits for it, up to 500 tasks. */
  graph(id: string, params: inputs.GraphParams = {}, options?: CallOptions): Promise<{ data: TaskGraph }> {
    return this.#call(TaskService.method.getTaskGraph, { ...params, task_id: id }, options);
  }

  /** Lists the claims that a task has had, oldest first: who held each, and how it ended. */
  attempts(id: string, params: inputs.AttemptsParams = {}, options?: CallOptions): Promise<{ data: Attempt[]; meta: Page }> {
    return this.#call(TaskService.method.listTaskAttempts, { ...params, task_id: id }, options);
  }

  /** Lists every transition of one task, oldest first. */
  activity(id: string, params: inputs.ActivityParams = {}, options?: CallOptions): Promise<{ data: Event[]; meta: Page }> {
    return this.#call(TaskService.method.listTaskActivity, { ...params, task_id: id }, options);
  }

  /** Claims the matching task with the highest effective score. Null when there is none. */
  async claimNext(input: inputs.ClaimNextInput, options?: CallOptions): Promise<{ data: ClaimedTask | null }> {
    const answer = await this.#call(ClaimService.method.claimNextTask, input, options);
    if (answer.data !== null) this.#memory.remember(answer.data.claim);
    return answer;
  }

  /** Claims up to `max_tasks` matching tasks, the best first. Empty when there is none. */
  async claimMany(input: inputs.ClaimManyInput, options?: CallOptions): Promise<{ data: ClaimedTask[] }> {
    const answer = await this.#call(ClaimService.method.claimNextTasks, input, options);
    for (const { claim } of answer.data) this.#memory.remember(claim);
    return answer;
  }

  /**
   * Claims one task by its id. Conflicts: `already_claimed`, `already_done`, `archived`, `blocked`,
   * `concurrency_limit`.
   */
  async claim(id: string, input: inputs.ClaimInput, options?: CallOptions): Promise<{ data: ClaimedTask }> {
    const answer = await this.#call(ClaimService.method.claimTask, { ...input, task_id: id }, options);
    this.#memory.remember(answer.data.claim);
    return answer;
  }

  /**
   * Claims a task and keeps the claim alive until it is completed, released or disposed of. Null when there is none.
   */
  hold(input: inputs.HoldInput, options?: CallOptions): Promise<HeldClaim | null> {
    return holdClaim(this, input, options);
  }

  /** Renews the lease for its full length from now on. Conflict: `claim_lost`. */
  heartbeat(id: string, input: inputs.HeartbeatInput, options?: CallOptions): Promise<{ data: Claim }> {
    return this.#call(ClaimService.method.heartbeatTask, { ...this.#fenced(id, input), task_id: id }, options);
  }

  /** Renews 1 to 500 leases. Each has a result of its own, in the same order. */
  heartbeatMany(claims: readonly inputs.HeartbeatManyInput[], options?: CallOptions): Promise<{ data: HeartbeatResult[] }> {
    return this.#call(ClaimService.method.heartbeatTasks, { claims: this.#fencedItems(HeartbeatItemSchema, claims) }, options);
  }

  /** Ends the claim with the task done. */
  async complete(id: string, input: inputs.CompleteInput = {}, options?: CallOptions): Promise<{ data: Task }> {
    const fields = this.#fenced(id, input);
    const answer = await this.#call(ClaimService.method.completeTask, { ...fields, task_id: id }, options);
    this.#memory.forget(id, fields.claim_token);
    return answer;
  }

  /** Ends 1 to 500 claims, each with its task done. Each has a result of its own, in the same order. */
  async completeMany(claims: readonly inputs.CompleteManyInput[], options?: CallOptions): Promise<{ data: CompleteResult[] }> {
    const items = this.#fencedItems(CompleteItemSchema, claims);
    const answer = await this.#call(ClaimService.method.completeTasks, { claims: items }, options);
    for (const [i, { task_id, task }] of answer.data.entries()) if (task !== null) this.#memory.forget(task_id, items[i]?.claim_token);
    return answer;
  }

  /** Ends the claim with the task pending again. */
  async release(id: string, input: inputs.ReleaseInput = {}, options?: CallOptions): Promise<{ data: Task }> {
    const fields = this.#fenced(id, input);
    const answer = await this.#call(ClaimService.method.releaseTask, { ...fields, task_id: id }, options);
    this.#memory.forget(id, fields.claim_token);
    return answer;
  }

  /** Lists the live claims, oldest first. */
  claims(params: inputs.ClaimsParams = {}, options?: CallOptions): Promise<{ data: Claim[]; meta: Page }> {
    return this.#call(ClaimService.method.listClaims, params, options);
  }

  /** Counts the tasks by status, owner and layer. */
  stats(params: inputs.StatsParams = {}, options?: CallOptions): Promise<{ data: Stats }> {
    return this.#call(StatsService.method.getStats, params, options);
  }

  /**
   * Yields events as they happen. Reconnects and resumes by itself, for ever. Ends when the signal is aborted. Throws
   * when the server refuses the request, for example because the key was revoked. An item of type `reset` says that
   * events may be missing before it.
   */
  stream(params: inputs.StreamParams = {}, options: StreamOptions = {}): AsyncGenerator<StreamItem, void, undefined> {
    return streamEvents(this.#settings, params, options);
  }

  /** Adds the remembered token unless the caller gives one. */
  #fenced<T extends Fence>(id: string, input: T): T & Fence {
    if (input.claim_token !== undefined) return input;
    return { ...input, ...this.#memory.find({ id, organizationId: this.#organization(input), agent: input.agent }) };
  }

  /** A claim as `claimMany` returned it has more fields than the request takes, and these are left out. */
  #fencedItems<T extends Fence & { task_id: string }>(schema: DescMessage, claims: readonly T[]): (T & Fence)[] {
    const names = schema.fields.map(({ jsonName }) => jsonName);
    const taken = (claim: T) => Object.fromEntries(Object.entries(claim).filter(([name]) => names.includes(name))) as T;
    return claims.map((claim) => this.#fenced(claim.task_id, taken(claim)));
  }

  #organization(input: Fence): string | undefined {
    return input.organization_id ?? this.#settings.organizationId;
  }
}

interface Fence {
  readonly claim_token?: string | undefined;
  readonly organization_id?: string | undefined;
  readonly agent?: string | undefined;
}

/** The keys of the organizations. Only for the admin key. */
export class Keys {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  /** Makes a key. Its secret, `key`, is only in this answer. A broken connection is not retried. */
  create(input: inputs.CreateKeyInput, options?: CallOptions): Promise<{ data: Key }> {
    return this.#call(KeyService.method.createKey, input, options);
  }

  /** Lists the keys, also revoked and expired ones, newest first. */
  list(params: inputs.KeysParams = {}, options?: CallOptions): Promise<{ data: Key[]; meta: Page }> {
    return this.#call(KeyService.method.listKeys, params, options);
  }

  /** Revokes a key by its id. It is refused everywhere within a second. A second call changes nothing. */
  revoke(id: string, options?: CallOptions): Promise<{ data: Key }> {
    const fields: Fields = { key_id: id };
    return this.#call(KeyService.method.revokeKey, fields, options);
  }
}
