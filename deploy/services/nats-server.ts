import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { createManagedProcess, type ManagedProcess } from './managed-process.ts';

/**
 * A nats-server on 127.0.0.1, not started yet. It is ready when it accepts connections. `path` is where to look for
 * programs; `more` has additional arguments.
 */
export function createNatsServer(port: number, path: string, onOutput?: (text: string) => void, more: readonly string[] = []): ManagedProcess {
  return createManagedProcess({
    name: 'nats',
    address: `127.0.0.1:${port}`,
    command: neededNatsServer(path),
    // It only carries hints between processes and stores nothing, so it does not need JetStream.
    args: ['--addr', '127.0.0.1', '--port', String(port), '--log', '/dev/null', ...more],
    env: { PATH: path },
    onOutput,
    isReady: () => takesConnections(port),
  });
}

/** The path of an installed nats-server. Undefined when there is none. `path` is where to look first. */
export function findNatsServer(path: string): string | undefined {
  const folders = [...path.split(delimiter), '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
  return folders.map((folder) => join(folder, 'nats-server')).find(existsSync);
}

function neededNatsServer(path: string): string {
  const found = findNatsServer(path);
  if (found) return found;
  throw new Error(
    'nats-server is missing. Debian and Ubuntu: `apt-get install nats-server`; macOS: `brew install nats-server`; else https://nats.io/download. ' +
      'Or name a server that runs: NATS_URL=nats://host:4222.',
  );
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
