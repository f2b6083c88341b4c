import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DescMethod, DescMethodUnary } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import { createAdmissions, streamLimits, workLimits } from '@dispatcher/kit/admission/admission.ts';
import { AnswerRooms } from '@dispatcher/kit/admission/answer-rooms.ts';
import { Semaphore } from '@dispatcher/kit/admission/semaphore.ts';
import type { Authenticate } from '@dispatcher/kit/auth/authentication.ts';
import type { ConnectionLimits } from '@dispatcher/kit/listening/connections.ts';
import type { Tls } from '@dispatcher/kit/listening/tls.ts';
import { type Readiness, sharedReadiness } from '@dispatcher/kit/serving/readiness.ts';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import type { FastifyInstance } from 'fastify';
import { createHttpServer } from './edge/http-server.ts';
import { createKeptConnections, type KeptConnections } from './edge/idle-connections.ts';
import { createInFlight, type InFlight } from './edge/in-flight.ts';
import { serveMetrics } from './edge/metrics.ts';
import { serveProbes } from './edge/probes.ts';
import { logRequests } from './edge/request-log.ts';
import { type Route, routes } from './rest/routes.ts';
import { createUnaryRoute, type RouteContext } from './rest/unary-route.ts';
import { createUndeliveredClaims } from './rest/undelivered-claims.ts';
import { createEventHub } from './stream/event-hub.ts';
import { createOpenStreams } from './stream/open-streams.ts';
import { createStreamRoute, type StreamContext } from './stream/stream-route.ts';

/** The services behind a gateway, and the address of the gateway. */
export interface GatewayOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** The transport to the services: directly to the handlers in one process, otherwise over gRPC. */
  transport: Transport;
  authenticate: Authenticate;
  /** The key that opens the one event stream that all readers share. */
  adminKey: string;
  log: Log;
  readiness: Readiness;
  /** How long `/readyz` answers 503 before the port closes, so that load balancers notice. 0 when absent. */
  drainMs?: number;
  /**
   * At a stop, how long a client may take to use an idle connection once more. If the connection closed at once, a
   * request that is on its way would be lost. 0 when absent.
   */
  idleMs?: number;
  /** How often a reader of an event stream gets a comment and its position, in milliseconds. 15,000 when absent. */
  keepAliveMs?: number;
  /** The limits on connections. When absent, those of docs/security.md. */
  connections?: ConnectionLimits;
  /** With it the gateway serves HTTPS instead of HTTP. */
  tls?: Tls | null;
  /** How long a client may take to receive an answer. When absent, the limit in docs/security.md. */
  takenMs?: number;
}

/**
 * A listening gateway. When it is disposed, requests in flight can finish. That takes at most 10 s, plus `drainMs` and
 * `idleMs`.
 */
export interface Gateway extends AsyncDisposable {
  readonly port: number;
  /** `http://host:port`. */
  readonly url: string;
}

/** At a stop, calls that still wait are cancelled after this time. Their connections end a second later. */
const patienceMs = 8000;

/** The number of streams that read missed events at once, and the number that wait for their turn. */
const replaysAtOnce = 8;
const replaysWaiting = 4096;

/** Starts REST, event streams and the OpenAPI document. Rejects with `EADDRINUSE` when the port is taken. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  await using resources = new AsyncDisposableStack();
  const server = createHttpServer(options.log, options);
  const setCaller = logRequests(server, options.log);
  const undeliveredClaims = createUndeliveredClaims(server.server, options.transport, options.log);
  const inFlight = createInFlight();
  let stopping = false;
  // During a stop each answer tells the client to open a new connection, so that no connection is in use when they
  // close.
  server.addHook('onRequest', async (_request, reply) => {
    if (stopping) reply.raw.shouldKeepAlive = false;
  });
  const readiness = sharedReadiness(options.readiness);
  serveProbes(server, async () => (stopping ? { ready: false, failing: ['stopping'] } : await readiness()));
  const connections = createKeptConnections(server.server);
  resources.defer(() => close(server, inFlight, connections));
  const hub = resources.use(createEventHub(options));
  const streams = resources.use(createOpenStreams(options.authenticate, options.log, options.keepAliveMs));
  serveMetrics(server, options.authenticate, () => streams.count);
  const admissions = {
    bodyAdmissions: createAdmissions(workLimits),
    streamAdmissions: createAdmissions(streamLimits),
    answerRooms: new AnswerRooms(),
  };
  const context = {
    ...options,
    ...admissions,
    inFlight,
    setCaller,
    undeliveredClaims,
    streams,
    hub,
    replaySlots: new Semaphore({ total: replaysAtOnce, kept: replaysAtOnce / 4, queueMax: replaysWaiting }),
  };
  for (const route of routes) serveRoute(server, route, context);
  await server.listen({ host: options.host, port: options.port });
  const { port } = server.server.address() as AddressInfo;
  const started = resources.move();
  return {
    port,
    url: `${options.tls ? 'https' : 'http'}://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    async [Symbol.asyncDispose]() {
      stopping = true;
      inFlight.endConnections();
      await Promise.all([sleep(options.drainMs), connections.used(options.idleMs ?? 0)]);
      await started.disposeAsync();
    },
  };
}

function serveRoute(server: FastifyInstance, route: Route, context: RouteContext & StreamContext): void {
  const url = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
  if (isUnary(route.rpc)) server.route({ method: route.method, url, handler: createUnaryRoute(route, route.rpc, context) });
  else server.route({ method: route.method, url, exposeHeadRoute: false, handler: createStreamRoute(route, context) });
}

function isUnary(rpc: DescMethod): rpc is DescMethodUnary {
  return rpc.methodKind === 'unary';
}

async function close(server: FastifyInstance, inFlight: InFlight, connections: KeptConnections): Promise<void> {
  const late = setTimeout(() => server.server.closeAllConnections(), patienceMs + 1000);
  const closed = server.close();
  connections.closeUnused();
  await inFlight.drain(patienceMs);
  server.server.closeIdleConnections();
  await closed;
  clearTimeout(late);
}
