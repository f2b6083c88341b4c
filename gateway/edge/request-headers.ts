import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { invalidField } from '@dispatcher/kit/serving/errors.ts';

/** The client's own request id when it has a valid form. Otherwise a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID();
}

/** The headers that are passed to the services. No other header is, because only the key says who a caller is. */
export function callHeaders(headers: IncomingHttpHeaders, requestId: string, mayChange: boolean): Headers {
  const passed = new Headers();
  passed.set('x-request-id', requestId);
  if (headers.authorization !== undefined) passed.set('authorization', headers.authorization);
  const idempotencyKey = mayChange ? headers['idempotency-key'] : undefined;
  if (idempotencyKey !== undefined) passed.set('idempotency-key', checkedIdempotencyKey(idempotencyKey));
  return passed;
}

function checkedIdempotencyKey(key: string | string[]): string {
  if (typeof key === 'string' && /^[\x20-\x7e]{1,200}$/.test(key)) return key;
  throw invalidField('Idempotency-Key', 'must be 1 to 200 printable ASCII characters');
}
