import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { inherited } from '@dispatcher/testing/orchestrator/harness/config.ts';
import { expect, test, vi } from 'vitest';
import { fetchFromOrigin, OriginError, openCleanClone, pushToOrigin } from './clean-clone.ts';
import { createGit } from './git.ts';
import { sshEnvironment } from './network.ts';
import type { GitSetting } from './user-settings.ts';

/** A server that accepts connections and never answers. */
async function useSilentServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return {
    host: `127.0.0.1:${address.port}`,
    /** How many wait for an answer. */
    callers: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const push = { branch: 'main', commit: null, expected: null };

test('git gives up a silent HTTP server after its low-speed limit, which the user’s configuration can change', async () => {
  await using server = await useSilentServer();
  await using folder = await useFolder();
  const git = createGit({ environment: inherited(), settings: [['http.lowspeedtime', '1']] });
  const clone = await openCleanClone(git, path.join(folder.path, 'clone.git'), `http://${server.host}/x.git`);
  const tooSlow = /Operation too slow.* the last 1 seconds/;
  const fetched = fetchFromOrigin(git, clone, 'main');
  await expect(fetched).rejects.toThrow(OriginError);
  await expect(fetched).rejects.toThrow(tooSlow);
  await expect(pushToOrigin(git, clone, push)).rejects.toThrow(tooSlow);
});

test.each(['http', 'git'])('a daemon that stops does not wait for a silent server (%s)', async (protocol) => {
  await using server = await useSilentServer();
  await using folder = await useFolder();
  const stop = new AbortController();
  const git = createGit({ environment: inherited(), settings: [], leaveNetwork: stop.signal });
  const clone = await openCleanClone(git, path.join(folder.path, 'clone.git'), `${protocol}://${server.host}/x.git`);
  const calls = Promise.allSettled([fetchFromOrigin(git, clone, 'main'), pushToOrigin(git, clone, push)]);
  await vi.waitFor(() => expect(server.callers()).toBe(2), { timeout: 10_000 });
  stop.abort();
  for (const call of await calls)
    expect(call).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('the daemon stops') } });
  expect((await git(clone.place, ['rev-parse', '--is-bare-repository'])).stdout).toBe('true\n');
});

test.each<[string, Record<string, string>, GitSetting[], string | undefined]>([
  ['nothing', {}, [], 'ssh'],
  ['core.sshCommand', {}, [['core.sshcommand', 'ssh -i "/my keys/id"']], 'ssh -i "/my keys/id"'],
  ['GIT_SSH_COMMAND before core.sshCommand', { GIT_SSH_COMMAND: '/usr/bin/ssh -4' }, [['core.sshcommand', 'ssh -6']], '/usr/bin/ssh -4'],
  ['another program', {}, [['core.sshcommand', 'my-ssh']], undefined],
  ['GIT_SSH', { GIT_SSH: '/opt/my-ssh' }, [], undefined],
  ['another variant', { GIT_SSH_VARIANT: 'plink' }, [], undefined],
])('ssh gets its limits when the user has set %s', (_, environment, settings, command) => {
  const { GIT_SSH_COMMAND } = sshEnvironment(environment, settings);
  if (command === undefined) expect(GIT_SSH_COMMAND).toBeUndefined();
  else expect(GIT_SSH_COMMAND).toMatch(new RegExp(`^${command} -o ConnectTimeout=\\d+ -o ServerAliveInterval=\\d+ -o ServerAliveCountMax=\\d+$`));
});
