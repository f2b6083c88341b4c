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

/** A request as it was meant; it may have been sent several times. */
export interface Operation {
  readonly kind: 'create' | 'claim' | 'heartbeat' | 'done' | 'release' | 'update' | 'archive';
  readonly organizationId: string;
  /** What was asked for, or for claim-next what was answered. */
  taskId: string | null;
  /** Whom the request named, and by which token; null where it named neither, as a person does. */
  readonly agent: string | null;
  readonly token: string | null;
  /** Its Idempotency-Key. */
  readonly key: string | null;
  /** Of claims, in seconds. */
  readonly leaseSeconds: number | null;
  readonly attempts: Attempt[];
  /**
   * `succeeded` when the last attempt was answered 2xx and told of a task; `nothing` for a claim-next without one;
   * `unknown` when no attempt was answered.
   */
  outcome: 'succeeded' | 'nothing' | 'refused' | 'unknown';
  /** Of a claim that succeeded. */
  claim: { readonly token: string; readonly attempt: number } | null;
  /** What the same request under the same key was answered again, after it had succeeded. */
  repeat: { readonly taskId: string | null; readonly token: string | null } | null;
}

/** One sending of a request. */
export interface Attempt {
  readonly sentAt: number;
  /** Null when no answer came, or when it was cut off on purpose. */
  readonly answeredAt: number | null;
  /** When it was answered or given up. */
  readonly endedAt: number;
  readonly status: number | null;
  /** The code of an error answer, or the system's word for a broken connection. */
  readonly code: string | null;
  readonly retryAfter: string | null;
  /** Cut off on purpose, to lose its answer. */
  readonly cut: boolean;
  /** Answered by a gateway whose clock, by the header `Date`, is off by more than an hour. */
  readonly wrongDate: boolean;
}

/** A lease that the run ended by SQL, as if its time had passed. */
export interface Expiry {
  readonly taskId: string;
  readonly organizationId: string;
  readonly token: string;
  readonly sentAt: number;
  /** When the database had surely ended it; null when it may not have. */
  readonly endedAt: number | null;
}

/** A frame of an event stream, or the beginning of a connection. */
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

/** What one reader asked for and got. */
export interface ReaderRecord {
  readonly name: string;
  /** Null for the admin's, who sees all. */
  readonly organizationId: string | null;
  /** All when empty. */
  readonly types: readonly string[];
  readonly frames: StreamFrame[];
}

/** A fault, from its beginning to the moment when everything was up again. */
export interface FaultRecord {
  readonly name: FaultName;
  /** Between whom, of a network's faults. */
  readonly link: string | null;
  readonly from: number;
  /** When its repair began: until then what it broke was surely broken. */
  readonly brokenUntil: number;
  readonly to: number;
  /** The processes of Dispatcher that it hit, by their names. */
  readonly hit: readonly string[];
  /** How long after the fault had ended the API answered 2xx again, where that is promised. */
  readonly recoveryMs: number | null;
  /** Whether PostgreSQL gave up and had to recover. */
  readonly gaveUp: boolean;
}

/** A transaction that somebody kept open. */
export interface SnapshotRecord {
  readonly from: number;
  /** Until when it was surely open, so far. */
  to: number;
  /** How many transactions came after it until then. */
  transactions: number;
}

/** Every fault there is. */
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
