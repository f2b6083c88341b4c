import { expect, test } from 'vitest';
import { type Role, readOrchestratorSettings } from '../config.ts';
import { startSummary, summaryLines } from './start-summary.ts';

const repository = { dir: '/src/project', originUrl: 'https://ann:hush@example.org/project.git' };
const url = 'http://localhost:3000/api/v1/dispatcher';

test.each<[string, Record<string, string>, Role, { pushes: string; claims: string }]>([
  [
    'a daemon that merges',
    {},
    'daemon',
    {
      pushes: 'verified commits to main, and unfinished work to task/<id>, of https://***@example.org/project.git',
      claims: `all tasks to build and to merge, from ${url}`,
    },
  ],
  [
    'a builder with filters',
    { MERGE_ENABLED: 'false', ORCH_OWNER: 'ann', ORCH_LAYER: 'core', RECURSIV_ORGANIZATION_ID: 'acme' },
    'daemon',
    {
      pushes: 'work to task/<id> of https://***@example.org/project.git; a merger brings it to main',
      claims: `tasks to build of the organization acme with owner "ann", layer "core", from ${url}`,
    },
  ],
  [
    'a merger',
    { ORCH_BASE_BRANCH: 'next' },
    'merger',
    { pushes: 'verified commits to next of https://***@example.org/project.git', claims: `all tasks to merge, from ${url}` },
  ],
])('the summary of %s says what is pushed where and which tasks are claimed', (_, env, role, expected) => {
  const summary = startSummary(readOrchestratorSettings({ DISPATCHER_API_KEY: 'sk_live_hush', CLAUDE_ARGS: '-p', ...env }, role), repository);
  expect(summary).toEqual({
    repository: '/src/project',
    ...expected,
    ...(role === 'daemon' && { agents: 'up to 3 at the same time: claude -p' }),
  });
  expect(summaryLines(summary).join('\n')).not.toContain('hush');
});
