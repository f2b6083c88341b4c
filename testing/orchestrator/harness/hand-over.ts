import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Site } from './use-daemon.ts';

/**
 * Does the work of a builder: creates a task, pushes its branch with these files on top of main, and releases it as
 * built.
 */
export async function handOver({ dispatcher, repository }: Site, id: string, files: Readonly<Record<string, string>>): Promise<void> {
  const { git, repo } = repository;
  const branch = `task/${id}`;
  git('checkout', '-q', '-b', branch, 'main');
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(repo, file)), { recursive: true });
    writeFileSync(path.join(repo, file), content);
  }
  git('add', '--all');
  git('-c', 'user.name=Agent', '-c', 'user.email=agent@localhost', 'commit', '-q', '-m', `Work on ${id}`);
  git('push', '-q', 'origin', branch);
  const commit = git('rev-parse', 'HEAD').trim();
  git('checkout', '-q', 'main');
  git('branch', '-q', '-D', branch);
  await dispatcher.create({ id, title: `Do ${id}` });
  const agent = 'builder-1';
  const { claim } = (await dispatcher.claim(id, { agent })).data;
  const token = claim.claim_token === undefined ? {} : { claim_token: claim.claim_token };
  await dispatcher.release(id, { agent, ...token, release_reason: 'completed', branch, commits: [commit] });
}
