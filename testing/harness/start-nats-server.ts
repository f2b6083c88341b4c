import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { findPackagedFile } from './debian-package.ts';

/** A running nats-server with JetStream. Disposing it kills it with kill -9. */
export interface NatsServer extends AsyncDisposable {
  /** `nats://127.0.0.1:<port>`. */
  readonly url: string;
}

/**
 * Starts a nats-server that keeps its streams in `storeDir`. When it ends before it is ready, this rejects with its
 * output.
 */
export async function startNatsServer({ port, storeDir }: { port: number; storeDir: string }): Promise<NatsServer> {
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', storeDir];
  const child = spawn(await findPackagedFile(natsServer), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'close');
  const lines: string[] = [];
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.splice(0, lines.length - 9, line);
    if (line.includes('Server is ready')) ready.resolve();
  });
  exited.then(
    () => ready.reject(new Error(`nats-server ended:\n${lines.join('\n')}`)),
    () => undefined,
  );
  await ready.promise;
  return { url: `nats://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => kill(child, exited) };
}

const natsServer = {
  package: 'nats-server',
  places: ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server', '/opt/homebrew/bin/nats-server'],
  elsewhere: 'https://nats.io/download',
};

/** Whether this machine can run tests with a NATS server. */
export const hasNatsServer = process.getuid?.() === 0 || natsServer.places.some(existsSync);

async function kill(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}
