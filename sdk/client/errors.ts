/** What an error is made from: the API's own words where it answered, the SDK's where it did not. */
export interface ErrorFacts {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly type?: string | undefined;
  readonly details?: unknown;
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** Whatever went wrong with a call. `code` is one of the codes in the API's error table. */
export class RecursivError extends Error {
  override readonly name: string = 'RecursivError';
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The family of the error, such as `conflict_error`. */
  readonly type: string;
  /** The error itself, such as `already_claimed`. */
  readonly code: string;
  /** What the API adds for programs, such as the agent that holds a claim; null when nothing. */
  readonly details: Readonly<Record<string, unknown>> | null;
  /** Names the request in the server's log; null when there was no answer. */
  readonly requestId: string | null;
  /** How long the server asks to wait, in seconds; null when it did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.status = facts.status;
    this.type = facts.type ?? 'api_error';
    this.code = facts.code;
    this.details = isRecord(facts.details) ? facts.details : null;
    this.requestId = facts.requestId ?? null;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }
}

/** 401: the key is missing, wrong, expired or revoked. */
export class AuthenticationError extends RecursivError {
  override readonly name: string = 'AuthenticationError';
  constructor(facts: ErrorFacts) {
    super({ type: 'authentication_error', ...facts });
  }
}

/** 403: the key may not do this, or not in that organization. */
export class AuthorizationError extends RecursivError {
  override readonly name: string = 'AuthorizationError';
}

/** 404: no such task, or one of another organization. */
export class NotFoundError extends RecursivError {
  override readonly name: string = 'NotFoundError';
}

/** 400, 413, 415, 422: the request itself is wrong; the message names the field. */
export class ValidationError extends RecursivError {
  override readonly name: string = 'ValidationError';
  constructor(facts: ErrorFacts) {
    super({ type: 'invalid_request_error', ...facts });
  }
}

/** 409: the task does not stand where the call needs it; `code` says why. */
export class ConflictError extends RecursivError {
  override readonly name: string = 'ConflictError';
}

/** 429: too many requests at once. */
export class RateLimitError extends RecursivError {
  override readonly name: string = 'RateLimitError';
}

/** No answer: the connection failed (`connection_failed`) or took too long (`timeout`). */
export class ConnectionError extends RecursivError {
  override readonly name: string = 'ConnectionError';
  constructor(code: 'connection_failed' | 'timeout', message: string, cause: unknown) {
    super({ status: 0, type: 'connection_error', code, message, cause });
  }
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
