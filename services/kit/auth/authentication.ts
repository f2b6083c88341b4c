import { timingSafeEqual } from 'node:crypto';
import { type DescMethod, getOption } from '@bufbuild/protobuf';
import type { Interceptor } from '@connectrpc/connect';
import { scope as scopeOption } from '@recursiv/proto/gen/dispatcher/v1/options_pb.ts';
import { DispatcherError } from '../serving/errors.ts';
import { digestOfKey, isApiKey } from './api-key.ts';
import { admin, type Caller, callerKey } from './caller.ts';
import { isRefusal, whileAuthenticated } from './while-authenticated.ts';

/**
 * What the store knows of a key: its caller, and whether it has run out. Null for a key that is unknown or revoked. A
 * store in another process is shown the key itself.
 */
export type ResolveKey = (digest: Buffer, key: string) => Promise<{ caller: Caller; expiresAt: Date | null; now: Date } | null>;

/** Answers who the value of an `authorization` header stands for, or throws a 401. */
export type Authenticate = (authorization: string | null) => Promise<Caller>;

/** Under a second, since a revoked key must be refused everywhere within one. */
const cacheMs = 800;

/** At most this many keys are remembered, so that guessing keys costs no memory. */
const cacheSize = 10_000;

/**
 * Authenticates by the admin key or by `resolveKey`, whose answers are kept for 0.8 s and asked once for simultaneous
 * callers. With `keptMs` 0 none is kept.
 */
export function createAuthenticate(adminKey: string, resolveKey: ResolveKey, keptMs = cacheMs): Authenticate {
  const adminDigest = digestOfKey(adminKey);
  const cache = new Map<string, { until: number; caller: Promise<Caller> }>();
  return async (authorization) => {
    const key = keyFromHeader(authorization);
    const digest = digestOfKey(key);
    if (timingSafeEqual(digest, adminDigest)) return admin;
    if (!isApiKey(key)) throw invalidKey();
    const id = digest.toString('latin1');
    const cached = cache.get(id);
    if (cached && cached.until > performance.now()) return cached.caller;
    const caller = resolve(digest, key, resolveKey);
    if (cache.size >= cacheSize) cache.clear();
    cache.set(id, { until: performance.now() + keptMs, caller });
    caller.catch((thrown: unknown) => isRefusal(thrown) || cache.delete(id));
    return caller;
  };
}

/**
 * Puts the caller into the context, and refuses who lacks the scope that the method's `scope` option names. Without
 * that option nobody may. A stream ends when its caller's key does.
 */
export function authentication(authenticate: Authenticate): Interceptor {
  const scopes = new Map<DescMethod, string>();
  const scopeOf = (method: DescMethod): string => {
    const scope = scopes.get(method) ?? getOption(method, scopeOption);
    scopes.set(method, scope);
    return scope;
  };
  return (next) => async (request) => {
    const authorization = request.header.get('authorization');
    const caller = await authenticate(authorization);
    const needed = scopeOf(request.method);
    if (needed !== 'any' && !caller.scopes.has(needed)) throw refusal(needed);
    request.contextValues.set(callerKey, caller);
    if (!request.stream) return await next(request);
    const ended = new AbortController();
    const response = await next({ ...request, signal: AbortSignal.any([request.signal, ended.signal]) });
    if (!response.stream) return response;
    return {
      ...response,
      message: whileOpen(
        whileAuthenticated(response.message, () => authenticate(authorization)),
        ended,
      ),
    };
  };
}

/** Tells the handler of a stream when its reader is gone, however that came. */
async function* whileOpen<T>(messages: AsyncIterable<T>, ended: AbortController): AsyncIterable<T> {
  try {
    yield* messages;
  } finally {
    ended.abort();
  }
}

function keyFromHeader(authorization: string | null): string {
  if (!authorization) throw new DispatcherError('missing_api_key', 'Send your key in the header "Authorization: Bearer sk_live_…".');
  const key = /^bearer +(\S+)$/i.exec(authorization.trim())?.[1];
  if (!key) throw new DispatcherError('invalid_api_key', 'The Authorization header must read "Bearer <key>".');
  return key;
}

async function resolve(digest: Buffer, key: string, resolveKey: ResolveKey): Promise<Caller> {
  const found = await resolveKey(digest, key);
  if (!found) throw invalidKey();
  if (found.expiresAt && found.expiresAt <= found.now)
    throw new DispatcherError('expired_api_key', 'This API key has expired; ask your admin for a new one.');
  return found.caller;
}

function refusal(needed: string): DispatcherError {
  if (needed === 'admin') return new DispatcherError('forbidden', 'Only the admin key may do this.');
  return new DispatcherError('insufficient_scopes', `This key lacks the scope ${needed}.`, { scope: needed });
}

const invalidKey = () => new DispatcherError('invalid_api_key', 'This API key is unknown or was revoked.');
