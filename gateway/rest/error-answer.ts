import { DispatcherError, dispatcherErrorFrom, errorTable } from '@dispatcher/kit/serving/errors.ts';

/** An error of REST. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The status, headers and body of the answer for an error. */
export function errorAnswer({ reason, rawMessage, info }: DispatcherError): ErrorAnswer {
  const { status, type } = errorTable[reason];
  const { retry_after_seconds: retryAfter, ...texts } = info;
  const details = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, lists.has(name) ? text.split(',') : text]));
  const headers: Record<string, string> = { 'content-type': 'application/json; charset=utf-8' };
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  if (status === 429 || status === 503) headers['retry-after'] = retryAfter ?? '1';
  const error = { type, code: reason, message: rawMessage, details: Object.keys(details).length > 0 ? details : undefined };
  return { status, headers, body: JSON.stringify({ error }) };
}

/** Details that are lists of ids. What travels over gRPC is text, so they are joined by commas there. */
const lists: ReadonlySet<string> = new Set(['blocked_by', 'path']);

/** Converts anything that was thrown during a request to an error of the table. */
export function failureFrom(thrown: unknown): DispatcherError {
  return dispatcherErrorFrom(frameworkError(thrown) ?? thrown);
}

/** Converts the errors of the HTTP framework. */
function frameworkError(thrown: unknown): DispatcherError | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || !String(thrown.code).startsWith('FST_ERR_')) return undefined;
  switch (thrown.code) {
    case 'FST_ERR_BAD_URL':
      return new DispatcherError('invalid_argument', 'The path of the URL is not valid percent-encoded UTF-8.', { field: 'path' });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new DispatcherError('unsupported_media_type', 'The Content-Type header is not a media type.');
    default:
      return undefined;
  }
}
