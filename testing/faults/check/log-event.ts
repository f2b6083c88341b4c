/** An event in the log at the end of a run. */
export interface LogEvent {
  readonly position: number;
  readonly id: number;
  readonly organizationId: string;
  readonly taskId: string;
  readonly type: string;
  readonly actor: string | null;
  readonly attempt: number;
  readonly status: string;
  readonly stage: string;
  readonly statusBefore: string | null;
  /** The token of the claim that the event started or ended. */
  readonly token: string | null;
  /** The Idempotency-Key of the request that caused the event. */
  readonly key: string | null;
  /** Why a claim was released. */
  readonly reason: string | null;
  /** By the database's clock, in milliseconds since 1970. */
  readonly occurredAt: number;
  readonly numberedAt: number;
}

/** The state of a task at the end of a run. */
export interface FinalTask {
  readonly organizationId: string;
  readonly id: string;
  readonly status: string;
  readonly stage: string;
  readonly attempts: number;
  readonly archived: boolean;
}

/** The name of a task with its organization. */
export function nameOfTask(task: { organizationId: string; taskId: string | null }): string {
  return `${task.organizationId}/${task.taskId}`;
}
