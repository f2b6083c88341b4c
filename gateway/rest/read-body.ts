import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import { repeatedKey } from './repeated-key.ts';

/** The largest request body. */
export const bodyMaxBytes = 256 * 1024;

const none: Readonly<Record<string, unknown>> = {};

/** Reads the JSON object in the body of a request. An empty body counts as an empty object. */
export async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (!hasBody(request)) return none;
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bodyMaxBytes) throw tooLarge();
  const bytes = await receive(request);
  if (bytes.length === 0) return none;
  checkMediaType(request);
  return objectFrom(bytes);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** Reads the whole body. When it is too large, the rest is read and dropped, so that the client can read the answer. */
function receive(request: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= bodyMaxBytes) chunks.push(chunk);
    else {
      chunks.length = 0;
      reject(tooLarge());
    }
  });
  request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  request.once('error', (cause) =>
    reject(new DispatcherError('invalid_argument', 'The connection ended before the body did.', { field: 'body' }, cause)),
  );
  return promise;
}

function checkMediaType({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new DispatcherError('unsupported_media_type', 'The body must not be compressed.');
  const type = headers['content-type'] ?? '';
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new DispatcherError('unsupported_media_type', 'Send the body as JSON, with the header "Content-Type: application/json".');
  }
}

function objectFrom(bytes: Buffer): Readonly<Record<string, unknown>> {
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DispatcherError('invalid_argument', 'body: must be a JSON object', { field: 'body' });
  }
  return value as Readonly<Record<string, unknown>>;
}

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new DispatcherError('invalid_json', 'The body is not valid JSON: it is not UTF-8.');
  const text = bytes.toString();
  const value = parseJson(text);
  const key = repeatedKey(text);
  if (key !== undefined) throw new DispatcherError('invalid_json', `The body has the key ${JSON.stringify(key.slice(0, 100))} twice. Send it once.`);
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DispatcherError('invalid_json', 'The body is not valid JSON.');
  }
}

function tooLarge(): DispatcherError {
  return new DispatcherError('body_too_large', `The body is larger than ${bodyMaxBytes / 1024} KiB.`);
}
