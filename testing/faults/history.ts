/**
 * What a run has recorded, for the checks. All times are milliseconds of the `now()` of the process that recorded
 * them.
 */
export interface History {
  readonly operations: Operation[];
  readonly expiries: Expiry[];
  readonly streams: ReaderRecord[];
  readonly faults: FaultRecord[];
  readonly snapshots: SnapshotRecord[];
}

/** One request of a worker. It may have been sent several times. */
export interface Operation {
  readonly kind: 'create' | 'claim' | 'heartbeat' | 'done' | 'release' | 'update' | 'archive';
  readonly organizationId: string;
  /** The task that was asked for. For claim-next, the task that was answered. */
  taskId: string | null;
  /** The agent and the token in the request. Both are null when it named neither, as in a person's request. */
  readonly agent: string | null;
  readonly token: string | null;
  /** Its Idempotency-Key. */
  readonly key: string | null;
  /** The lease of a claim, in seconds. */
  readonly leaseSeconds: number | null;
  readonly attempts: Attempt[];
  /**
   * `succeeded`: the last attempt was answered 2xx with a task. `nothing`: claim-next found no task. `unknown`: no
   * attempt was answered.
   */
  outcome: 'succeeded' | 'nothing' | 'refused' | 'unknown';
  /** Set when a claim succeeded. */
  claim: { readonly token: string; readonly attempt: number } | null;
  /** The answer to the same request under the same key, sent again after it had succeeded. */
  repeat: { readonly taskId: string | null; readonly token: string | null } | null;
}

/** One sending of a request. */
export interface Attempt {
  readonly sentAt: number;
  /** Null when no answer came, or when the connection was cut on purpose. */
  readonly answeredAt: number | null;
  /** When the answer came, or when the sender gave up. */
  readonly endedAt: number;
  readonly status: number | null;
  /** The code of an error answer, or the system's error code for a broken connection. */
  readonly code: string | null;
  readonly retryAfter: string | null;
  /** The sender cut the connection on purpose, to lose the answer. */
  readonly cut: boolean;
  /** The clock of the gateway that answered is off by more than an hour, by its `Date` header. */
  readonly wrongDate: boolean;
}

/** A lease that the run ended by SQL, as if its time had passed. */
export interface Expiry {
  readonly taskId: string;
  readonly organizationId: string;
  readonly token: string;
  readonly sentAt: number;
  /** The time at which the database had surely ended the lease; null when it may not have ended it. */
  readonly endedAt: number | null;
}

/** A frame of an event stream, or the start of a connection. */
export type StreamFrame =
  | { readonly kind: 'connected'; readonly at: number; readonly after: number | null; readonly newest: number }
  | {
      readonly kind: 'event';
      readonly at: number;
      readonly position: number;
      readonly type: string;
      readonly organizationId: string;
      readonly taskId: string;
    }
  | { readonly kind: 'reset'; readonly at: number; readonly position: number };

/** What one reader asked for and what it received. */
export interface ReaderRecord {
  readonly name: string;
  /** Null for the admin, who sees all organizations. */
  readonly organizationId: string | null;
  /** The event types asked for; empty means all. */
  readonly types: readonly string[];
  readonly frames: StreamFrame[];
}

/** A fault, from its beginning to the moment when everything was up again. */
export interface FaultRecord {
  readonly name: FaultName;
  /** For a network fault: the two sides of the connection. */
  readonly link: string | null;
  readonly from: number;
  /** When the repair began. Until then the fault was surely in effect. */
  readonly brokenUntil: number;
  readonly to: number;
  /** The names of the Dispatcher processes that it hit. */
  readonly hit: readonly string[];
  /** The time from the end of the fault to the next 2xx from the API, where a limit is promised. */
  readonly recoveryMs: number | null;
  /** Whether PostgreSQL crashed and had to recover. */
  readonly gaveUp: boolean;
}

/** A transaction that somebody kept open. */
export interface SnapshotRecord {
  readonly from: number;
  /** The latest time at which it was surely still open. */
  to: number;
  /** How many transactions started after it, up to that time. */
  transactions: number;
}

/** The names of all faults. */
export type FaultName =
  | 'restarted'
  | 'killed'
  | 'all-killed'
  | 'stopped'
  | 'nats-wiped'
  | 'postgres-killed'
  | 'disk-full'
  | 'log-full'
  | 'late-commit'
  | 'link-cut'
  | 'link-stalled'
  | 'answers-swallowed';
