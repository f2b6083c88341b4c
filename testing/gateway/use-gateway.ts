import { randomBytes } from 'node:crypto';
import { createGateway, type Gateway, type GatewayOptions } from '@dispatcher/gateway/create-gateway.ts';
import { createApiKey, digestOfKey } from '@dispatcher/kit/auth/api-key.ts';
import { createAuthenticate } from '@dispatcher/kit/auth/authentication.ts';
import type { Caller } from '@dispatcher/kit/auth/caller.ts';
import { createDirectTransport } from '@dispatcher/kit/serving/direct-transport.ts';
import { serviceInterceptors } from '@dispatcher/kit/serving/interceptors.ts';
import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';

/** A gateway on a free port, in front of the services of a test. Calls pass the real interceptors. */
export interface TestGateway extends Gateway {
  readonly adminKey: string;
  /** A key of the organization `acme`, and a key of `rival`. */
  readonly acmeKey: string;
  readonly rivalKey: string;
  /** Revokes a key. */
  revoke(key: string): void;
  /**
   * Sends a request with acme's key, unless its headers have another. A `body` that is not a string is sent as JSON.
   */
  send(method: string, path: string, init?: { body?: unknown; headers?: Record<string, string> }): Promise<TestAnswer>;
}

/** An answer. A JSON body is parsed. */
interface TestAnswer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Starts a gateway in front of `services`. */
export async function useGateway(services: readonly Routes[], options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const log = createLog('silent');
  const adminKey = randomBytes(16).toString('hex');
  const keys = new Map<string, Caller>();
  const addKey = (organizationId: string): string => {
    const key = createApiKey();
    const scopes = new Set(['dispatcher:read', 'dispatcher:write']);
    keys.set(digestOfKey(key).toString('hex'), { keyId: organizationId, organizationId, name: `key of ${organizationId}`, scopes });
    return key;
  };
  const authenticate = createAuthenticate(adminKey, async (digest) => {
    const caller = keys.get(digest.toString('hex'));
    return caller ? { caller, expiresAt: null, now: new Date() } : null;
  });
  const transport = createDirectTransport(services, serviceInterceptors({ log, authenticate, convertError: (thrown) => thrown }));
  const readiness = async () => ({ ready: true, failing: [] });
  const gateway = await createGateway({ host: '127.0.0.1', port: 0, transport, authenticate, adminKey, log, readiness, ...options });
  const acmeKey = addKey('acme');
  return {
    port: gateway.port,
    url: gateway.url,
    adminKey,
    acmeKey,
    rivalKey: addKey('rival'),
    revoke: (key) => void keys.delete(digestOfKey(key).toString('hex')),
    send: (method, path, init) => send(gateway.url, acmeKey, method, path, init),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

async function send(url: string, key: string, method: string, path: string, init: { body?: unknown; headers?: Record<string, string> } = {}) {
  const { body } = init;
  const headers = { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...init.headers };
  const sent = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url + path, { method, headers, body: sent });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
  return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as unknown) : text };
}
