import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@recursiv/proto/gen/google/rpc/error_details_pb.ts';

/** All errors of the API. Each has a code, a gRPC code, an HTTP status and a REST type. */
export const errorTable = {
  invalid_argument: { grpc: Code.InvalidArgument, status: 400, type: 'invalid_request_error' },
  invalid_json: { grpc: Code.InvalidArgument, status: 400, type: 'invalid_request_error' },
  missing_api_key: { grpc: Code.Unauthenticated, status: 401, type: 'authentication_error' },
  invalid_api_key: { grpc: Code.Unauthenticated, status: 401, type: 'authentication_error' },
  expired_api_key: { grpc: Code.Unauthenticated, status: 401, type: 'authentication_error' },
  forbidden: { grpc: Code.PermissionDenied, status: 403, type: 'authorization_error' },
  insufficient_scopes: { grpc: Code.PermissionDenied, status: 403, type: 'authorization_error' },
  not_found: { grpc: Code.NotFound, status: 404, type: 'not_found_error' },
  unknown_route: { grpc: Code.Unimplemented, status: 404, type: 'not_found_error' },
  already_claimed: { grpc: Code.FailedPrecondition, status: 409, type: 'conflict_error' },
  not_claimed: { grpc: Code.FailedPrecondition, status: 409, type: 'conflict_error' },
  claim_lost: { grpc: Code.FailedPrecondition, status: 409, type: 'conflict_error' },
  already_done: { grpc: Code.FailedPrecondition, status: 409, type: 'conflict_error' },
  archived: { grpc: Code.FailedPrecondition, status: 409, type: 'conflict_error' },
  blocked: { grpc: Code.FailedPrecondition, status: 409, type: 'conflict_error' },
  concurrency_limit: { grpc: Code.FailedPrecondition, status: 409, type: 'conflict_error' },
  dependency_cycle: { grpc: Code.FailedPrecondition, status: 409, type: 'conflict_error' },
  duplicate_id: { grpc: Code.AlreadyExists, status: 409, type: 'conflict_error' },
  ambiguous_id: { grpc: Code.FailedPrecondition, status: 409, type: 'conflict_error' },
  body_too_large: { grpc: Code.ResourceExhausted, status: 413, type: 'invalid_request_error' },
  unsupported_media_type: { grpc: Code.InvalidArgument, status: 415, type: 'invalid_request_error' },
  idempotency_key_reused: { grpc: Code.InvalidArgument, status: 422, type: 'invalid_request_error' },
  rate_limited: { grpc: Code.ResourceExhausted, status: 429, type: 'rate_limit_error' },
  internal: { grpc: Code.Internal, status: 500, type: 'api_error' },
  unavailable: { grpc: Code.Unavailable, status: 503, type: 'api_error' },
  deadline_exceeded: { grpc: Code.DeadlineExceeded, status: 504, type: 'api_error' },
} as const;

/** A code of the error table. */
export type ErrorReason = keyof typeof errorTable;

/** An error that callers see: a code of the table, a sentence for people, and details for programs. */
export class DispatcherError extends ConnectError {
  readonly reason: ErrorReason;
  readonly info: Readonly<Record<string, string>>;

  constructor(reason: ErrorReason, message: string, info: Record<string, string> = {}, cause?: unknown) {
    const detail = { desc: ErrorInfoSchema, value: { reason, domain: 'dispatcher', metadata: info } };
    super(message, errorTable[reason].grpc, undefined, [detail], cause);
    this.reason = reason;
    this.info = info;
  }

  /** `instanceof` of ConnectError compares by form, so every ConnectError would count as a DispatcherError. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(DispatcherError, value);
  }
}

/** A 400 that names the wrong field. */
export function invalidField(field: string, message: string): DispatcherError {
  return new DispatcherError('invalid_argument', `${field}: ${message}`, { field });
}

/** A request failed because of a state that passes. `retry_after_seconds` becomes the header `Retry-After`. */
export function unavailable(message: string, cause?: unknown): DispatcherError {
  return new DispatcherError('unavailable', message, { retry_after_seconds: '1' }, cause);
}

/**
 * Converts any thrown value to an error of the table. An unknown error becomes `internal`. Its cause goes to the log
 * and is never sent to the caller.
 */
export function dispatcherErrorFrom(thrown: unknown): DispatcherError {
  if (thrown instanceof DispatcherError) return thrown;
  if (!(thrown instanceof ConnectError)) return internal(thrown);
  const info = thrown.findDetails(ErrorInfoSchema)[0];
  if (info && Object.hasOwn(errorTable, info.reason)) {
    return new DispatcherError(info.reason as ErrorReason, thrown.rawMessage, info.metadata, thrown.cause);
  }
  const reason = reasonOfCode[thrown.code];
  return reason ? new DispatcherError(reason, thrown.rawMessage, reasonDefaults[reason] ?? {}, thrown) : internal(thrown);
}

const internal = (cause: unknown) => new DispatcherError('internal', 'An unexpected error occurred. Its request id is in the log.', {}, cause);

/** Codes that the protocol libraries use themselves: for a message that is too large, a deadline, a caller who left. */
const reasonOfCode: Partial<Record<Code, ErrorReason>> = {
  [Code.InvalidArgument]: 'invalid_argument',
  [Code.ResourceExhausted]: 'body_too_large',
  [Code.Unimplemented]: 'unknown_route',
  [Code.Unauthenticated]: 'invalid_api_key',
  [Code.PermissionDenied]: 'forbidden',
  [Code.NotFound]: 'not_found',
  [Code.DeadlineExceeded]: 'deadline_exceeded',
  [Code.Canceled]: 'unavailable',
  [Code.Aborted]: 'unavailable',
  [Code.Unavailable]: 'unavailable',
};

const reasonDefaults: Partial<Record<ErrorReason, Record<string, string>>> = {
  unavailable: { retry_after_seconds: '1' },
};
