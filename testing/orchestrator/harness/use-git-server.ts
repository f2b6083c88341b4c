import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A git server for the repositories of a folder. It can be told to stop answering. */
export interface GitServer extends AsyncDisposable {
  /** The address of the served folder. */
  readonly url: string;
  /** From now on it accepts connections but does not answer. */
  fallSilent(): void;
}

/** Serves the repositories of a folder over the git protocol, for reading and writing. */
export async function useGitServer(folder: string): Promise<GitServer> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    if (isSilent) return;
    const daemon = ['daemon', '--inetd', '--export-all', '--enable=receive-pack', `--base-path=${folder}`, folder];
    const child = spawn('git', daemon, { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.on('error', () => undefined);
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return {
    url: `git://127.0.0.1:${address.port}`,
    fallSilent: () => {
      isSilent = true;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
