/** What an error is made from: the words of the API if it answered, the SDK's if it did not. */
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

/** Any error of a call. `code` is one of the codes in the API's error table. */
export class RecursivError extends Error {
  override readonly name: string = 'RecursivError';
  /** The HTTP status, or 0 when no answer came. */
  readonly status: number;
  /** The family of the error, such as `conflict_error`. */
  readonly type: string;
  /** The exact error, such as `already_claimed`. */
  readonly code: string;
  /** What the API adds for programs, such as the agent that holds a claim. Null when it adds nothing. */
  readonly details: Readonly<Record<string, unknown>> | null;
  /** The id of the request in the server's log. Null when no answer came. */
  readonly requestId: string | null;
  /** How long the server asks to wait, in seconds. Null when it did not ask. */
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

/** 403: the key may not do this, or not in this organization. */
export class AuthorizationError extends RecursivError {
  override readonly name: string = 'AuthorizationError';
}

/** 404: there is no such task, or it belongs to another organization. */
export class NotFoundError extends RecursivError {
  override readonly name: string = 'NotFoundError';
}

/** 400, 413, 415, 422: the request is wrong. The message names the field. */
export class ValidationError extends RecursivError {
  override readonly name: string = 'ValidationError';
  constructor(facts: ErrorFacts) {
    super({ type: 'invalid_request_error', ...facts });
  }
}

/** 409: the task is not in the state that the call needs. `code` says why. */
export class ConflictError extends RecursivError {
  override readonly name: string = 'ConflictError';
}

/** 429: too many requests at once. */
export class RateLimitError extends RecursivError {
  override readonly name: string = 'RateLimitError';
}

/** No answer came: the connection failed (`connection_failed`) or took too long (`timeout`). */
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
