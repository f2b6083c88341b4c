import { timingSafeEqual } from 'node:crypto';
import { type DescMethod, getOption } from '@bufbuild/protobuf';
import type { Interceptor } from '@connectrpc/connect';
import { scope as scopeOption } from '@recursiv/proto/gen/dispatcher/v1/options_pb.ts';
import { DispatcherError } from '../serving/errors.ts';
import { digestOfKey, isApiKey } from './api-key.ts';
import { admin, type Caller, callerKey } from './caller.ts';
import { KnownKeys } from './known-keys.ts';
import { createLookupLimits, type LookupLimits } from './lookup-limits.ts';
import { isRefusal, whileAuthenticated } from './while-authenticated.ts';

/**
 * Looks up a key in the store: its caller, and whether it has expired. Null for a key that is unknown or revoked. A
 * store in another process receives the key itself.
 */
export type ResolveKey = (digest: Buffer, key: string) => Promise<{ caller: Caller; expiresAt: Date | null; now: Date } | null>;

/**
 * Returns the caller for the value of an `authorization` header, or throws a 401. With the caller's `address`, look-ups
 * of unknown keys are limited. Beyond the limit it throws a 429.
 */
export type Authenticate = (authorization: string | null, address?: string) => Promise<Caller>;

/** Less than a second, because a revoked key must be refused everywhere within a second. */
const cacheMs = 800;

/** How long a refusal is used. An unknown, revoked or expired key does not become valid again. */
const refusedMs = 10_000;

/** The options of `createAuthenticate`. */
export interface AuthenticateOptions {
  /** How long the look-up of a valid key is used. */
  readonly keptMs?: number | undefined;
  readonly limits?: LookupLimits;
}

/**
 * Authenticates by the admin key or by `resolveKey`. Answers are cached for 0.8 s, and simultaneous callers share one
 * look-up. A key that was valid is looked up again without a limit, so that guesses of others do not delay it.
 */
export function createAuthenticate(
  adminKey: string,
  resolveKey: ResolveKey,
  { keptMs = cacheMs, limits = createLookupLimits() }: AuthenticateOptions = {},
): Authenticate {
  const adminDigest = digestOfKey(adminKey);
  const known = new KnownKeys();
  return async (authorization, address) => {
    const key = keyFromHeader(authorization);
    const digest = digestOfKey(key);
    if (timingSafeEqual(digest, adminDigest)) return admin;
    const id = digest.toString('latin1');
    const now = performance.now();
    const caller = known.callerOf(id, now);
    if (caller !== undefined) return await caller;
    if (!isApiKey(key)) throw invalidKey();
    const giveBack = address === undefined || known.wasGood(id) ? () => undefined : limits.take(address);
    const lookup = { until: now + keptMs, caller: resolve(digest, key, resolveKey) };
    known.begin(id, lookup);
    try {
      const found = await lookup.caller;
      known.good(id, lookup);
      giveBack();
      return found;
    } catch (thrown) {
      if (isRefusal(thrown)) known.refused(id, lookup, thrown, performance.now() + refusedMs);
      else {
        known.failed(id, lookup);
        giveBack();
      }
      throw thrown;
    }
  };
}

/**
 * Puts the caller into the context. Refuses a caller who lacks the scope in the method's `scope` option. A method
 * without that option is refused for everybody. A stream ends when its caller's key is revoked or expires.
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

/** Tells the handler of a stream when its reader has left, for any reason. */
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
    throw new DispatcherError('expired_api_key', 'This API key has expired. Ask your admin for a new one.');
  return found.caller;
}

function refusal(needed: string): DispatcherError {
  if (needed === 'admin') return new DispatcherError('forbidden', 'Only the admin key may do this.');
  return new DispatcherError('insufficient_scopes', `This key lacks the scope ${needed}.`, { scope: needed });
}

const invalidKey = () => new DispatcherError('invalid_api_key', 'This API key is unknown or was revoked.');
