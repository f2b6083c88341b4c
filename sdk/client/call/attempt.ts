import type { Settings } from '../config.ts';
import { ConnectionError, type RecursivError } from '../errors.ts';
import { errorFromAnswer } from './answer-error.ts';
import { withDeadline } from './deadline.ts';
import type { HttpRequest } from './route.ts';

/** What one attempt needs besides the request. */
export interface AttemptOptions {
  /** Time limit in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly idempotencyKey: string | undefined;
}

/**
 * Sends the request once. Returns the body of a success. Throws the API's error, a ConnectionError, or the reason of
 * the caller's own abort.
 */
export async function attempt(settings: Settings, request: HttpRequest, options: AttemptOptions): Promise<unknown> {
  const { response, text } = await withDeadline(
    options.timeout,
    options.signal,
    (signal) => send(settings, request, { ...options, signal }),
    (cause, isOver) => {
      options.signal?.throwIfAborted();
      throw connectionError(cause, isOver, options.timeout);
    },
  );
  const body = parse(text);
  if (!response.ok || body === undefined) throw errorFromAnswer(settings, response, body);
  return body;
}

/** The headers of every request to the API. */
export function headersFor(settings: Settings, more: Readonly<Record<string, string | undefined>>): Headers {
  const headers = new Headers({ authorization: `Bearer ${settings.apiKey}` });
  for (const [name, value] of Object.entries(more)) if (value !== undefined) headers.set(name, value);
  return headers;
}

/** Says in our words what fetch threw. The cause is kept for people; it holds no header. */
export function connectionError(cause: unknown, timedOut: boolean, timeout: number): RecursivError {
  if (timedOut) return new ConnectionError('timeout', `No answer within ${timeout} ms.`, cause);
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : undefined;
  return new ConnectionError('connection_failed', `The dispatcher cannot be reached${code === undefined ? '' : ` (${code})`}.`, cause);
}

/** Always reads the whole body, because a connection is reused only then. */
async function send(
  settings: Settings,
  request: HttpRequest,
  options: AttemptOptions & { signal: AbortSignal },
): Promise<{ response: Response; text: string }> {
  const response = await fetch(settings.baseUrl + request.path, {
    method: request.verb,
    headers: headersFor(settings, {
      accept: 'application/json',
      'content-type': request.body === undefined ? undefined : 'application/json',
      'idempotency-key': options.idempotencyKey,
    }),
    body: request.body ?? null,
    redirect: 'error',
    signal: options.signal,
  });
  return { response, text: await response.text() };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
