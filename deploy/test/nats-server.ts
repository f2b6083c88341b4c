import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A running nats-server with JetStream. Disposing it is a kill -9. */
export interface NatsServer extends AsyncDisposable {
  /** `nats://127.0.0.1:<port>`. */
  readonly url: string;
}

/** Starts a nats-server that keeps its streams in `storeDir`; rejects with its words when it ends before it is ready. */
export async function startNatsServer({ port, storeDir }: { port: number; storeDir: string }): Promise<NatsServer> {
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', storeDir];
  const child = spawn(await findNatsServer(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
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

/** The path of nats-server. Debian's package is installed when it is missing and this is root; else it throws with what to do. */
async function findNatsServer(): Promise<string> {
  const found = places.find(existsSync);
  if (found) return found;
  const isRoot = process.getuid?.() === 0;
  const installed = isRoot && ((await install()) || ((await run('apt-get', ['update'])) && (await install())));
  const path = places.find(existsSync);
  if (!installed || !path)
    throw new Error('nats-server is missing. On Debian: `apt-get install nats-server`; elsewhere see https://nats.io/download.');
  return path;
}

const places = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server', '/opt/homebrew/bin/nats-server'];

const install = () => run('apt-get', ['install', '--yes', '--no-install-recommends', 'nats-server']);

async function run(command: string, args: string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'ignore', timeout: 120_000 });
  const [code]: unknown[] = await once(child, 'exit').catch(() => [1]);
  return code === 0;
}

async function kill(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}
