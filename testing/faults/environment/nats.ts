import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../harness/free-port.ts';
import { type NatsServer, startNatsServer } from '../../harness/start-nats-server.ts';

/** A NATS server that can be stopped and started again at the same address. */
export interface Nats extends AsyncDisposable {
  readonly url: string;
  stop(): Promise<void>;
  /** Starts it again with empty storage. */
  startEmpty(): Promise<void>;
}

/** Starts NATS and stores its data in `folder`. */
export async function startNats(folder: string): Promise<Nats> {
  const options = { port: await freePort(), storeDir: join(folder, 'nats') };
  let server: NatsServer | null = await startNatsServer(options);
  const { url } = server;
  const stop = async () => {
    await server?.[Symbol.asyncDispose]();
    server = null;
  };
  return {
    url,
    stop,
    async startEmpty() {
      await rm(options.storeDir, { recursive: true, force: true });
      server = await startNatsServer(options);
    },
    [Symbol.asyncDispose]: stop,
  };
}
