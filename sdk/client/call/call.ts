import type { DescMethodUnary, Message, MessageJsonType, MessageShape } from '@bufbuild/protobuf';
import type { Settings } from '../config.ts';
import { ConnectionError, RecursivError } from '../errors.ts';
import { attempt } from './attempt.ts';
import { retryDelay, sleep } from './backoff.ts';
import type { JsonOutput } from './json-shape.ts';
import { type Fields, requestFromFields, takesField } from './route.ts';

/** Options of one call. */
export interface CallOptions {
  /** Ends the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Time limit of one attempt in milliseconds, instead of the client's. */
  timeout?: number | undefined;
  /** How often the call is retried when it fails, instead of the client's number. */
  maxRetries?: number | undefined;
  /**
   * Idempotency key, instead of a random one. The same key has one effect, however often and from however many
   * processes it is sent.
   */
  idempotencyKey?: string | undefined;
}

/** The answer of a method: its response message as JSON. */
type AnswerOf<M extends DescMethodUnary> = JsonOutput<MessageShape<M['output']> & Message, MessageJsonType<M['output']>>;

/** Calls a method over REST, and retries when that helps. */
export type Call = <M extends DescMethodUnary>(method: M, fields: Fields, options?: CallOptions) => Promise<AnswerOf<M>>;

/**
 * Methods without an idempotency key. A heartbeat can be repeated as it is; the API ignores the key of the other two.
 */
const withoutKey: ReadonlySet<string> = new Set(['HeartbeatTask', 'HeartbeatTasks', 'CreateKey', 'RevokeKey']);

/** Makes the function that all methods of the client use. */
export function createCall(settings: Settings): Call {
  return async (method, fields, options = {}) => {
    const request = requestFromFields(method, withOrganization(settings, method, fields));
    const waitSeconds = Number(fields.wait_seconds ?? 0);
    const attemptOptions = {
      timeout: (options.timeout ?? settings.timeout) + waitSeconds * 1000,
      signal: options.signal,
      idempotencyKey: request.verb === 'GET' || withoutKey.has(method.name) ? undefined : (options.idempotencyKey ?? crypto.randomUUID()),
    };
    const answer = await repeated(() => attempt(settings, request, attemptOptions), {
      maxRetries: options.maxRetries ?? settings.maxRetries,
      signal: options.signal,
      // A retry could make a second key that nobody knows.
      shouldRepeat: (error) => (method.name === 'CreateKey' ? error.status === 429 : isPassing(error)),
    });
    return answer as AnswerOf<typeof method>;
  };
}

/** Whether the same request may succeed a little later: after overload, a restart or a broken connection. */
function isPassing(error: RecursivError): boolean {
  return error instanceof ConnectionError || [429, 502, 503, 504].includes(error.status);
}

interface Repetition {
  readonly maxRetries: number;
  readonly signal: AbortSignal | undefined;
  readonly shouldRepeat: (error: RecursivError) => boolean;
}

async function repeated(once: () => Promise<unknown>, { maxRetries, signal, shouldRepeat }: Repetition): Promise<unknown> {
  for (let repetition = 0; ; repetition++) {
    try {
      return await once();
    } catch (error) {
      if (repetition >= maxRetries || !(error instanceof RecursivError) || !shouldRepeat(error)) throw error;
      const delay = retryDelay(repetition, error.retryAfterSeconds);
      if (delay === undefined) throw error;
      await sleep(delay, signal);
    }
  }
}

/** Adds the client's organization to a request that takes one, unless the caller names one. */
function withOrganization(settings: Settings, method: DescMethodUnary, fields: Fields): Fields {
  if (settings.organizationId === undefined || !takesField(method, 'organization_id')) return fields;
  return { ...fields, organization_id: fields.organization_id ?? settings.organizationId };
}
