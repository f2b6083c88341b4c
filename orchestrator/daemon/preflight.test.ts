import path from 'node:path';
import { inherited } from '@dispatcher/testing/orchestrator/harness/config.ts';
import { useRepository } from '@dispatcher/testing/orchestrator/harness/use-repository.ts';
import { expect, test } from 'vitest';
import { readOrchestratorSettings } from '../config.ts';
import { requireRepository } from './preflight.ts';

const ownFolder = path.resolve(import.meta.dirname, '../..');
const settingsWith = (env: Record<string, string>) =>
  readOrchestratorSettings({ ...inherited(), DISPATCHER_API_KEY: 'sk_live_something', CLAUDE_CMD: 'true', ...env });

test.each([ownFolder, path.join(ownFolder, 'orchestrator')])('in Dispatcher’s own folder %s a repository must be named', async (repoDir) => {
  await expect(requireRepository({ ...settingsWith({}), repoDir })).rejects.toThrow(
    `ORCH_REPO_DIR is not set, and ${repoDir} belongs to Dispatcher itself`,
  );
});

test('a person may name Dispatcher’s own checkout', async () => {
  const words = await requireRepository(settingsWith({ ORCH_REPO_DIR: ownFolder })).then(
    ({ repository }) => repository.dir,
    (error: unknown) => String(error),
  );
  expect(words).not.toContain('belongs to Dispatcher');
});

test('elsewhere the repository around the current folder is taken', async () => {
  await using repository = await useRepository();
  const found = await requireRepository({ ...settingsWith({}), repoDir: path.join(repository.repo, 'tests') });
  expect(found).toMatchObject({ repository: { dir: repository.repo, originUrl: repository.origin }, faults: [] });
});
