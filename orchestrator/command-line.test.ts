import { execFile } from 'node:child_process';
import path from 'node:path';
import { inherited } from '@dispatcher/testing/orchestrator/harness/config.ts';
import { expect, test } from 'vitest';

/** Runs one of the programs with nothing set, and answers how it ended. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ code: unknown; out: string; err: string }> {
  const [program = '', ...rest] = args;
  const options = { env: { ...inherited(), DISPATCHER_DATA_DIR: '/nowhere', ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(import.meta.dirname, program), ...rest], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : error.code, out, err }),
    );
  });
}

test.each([
  [['main.ts', '--help'], 'npm run orchestrator\n', 'MAX_AGENTS'],
  [['merger.ts', '--help'], 'npm run orchestrator:merger\n', 'ORCH_MERGE_BATCH'],
  [['swarm/main.ts', 'start', '--help'], 'npm run orchestrator:swarm start', 'ORCH_SWARM_COUNT'],
  [['swarm/main.ts', 'status', '--help'], '--json', 'ORCH_SWARM_DIR'],
  [['swarm/main.ts', 'stop', '--help'], '--now', 'ORCH_SWARM_STOP_MINUTES'],
])('%j shows the usage and the settings, and starts nothing', async (args, usage, setting) => {
  const { code, out, err } = await run(args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(usage);
  expect(out).toMatch(new RegExp(`^ {2}${setting} {2,}\\w`, 'm'));
});

test.each([
  [['main.ts', '--max-agents=3'], 'for example: MAX_AGENTS=… npm run orchestrator'],
  [['swarm/main.ts', 'stop', '--nwo'], 'Did you mean --now?'],
])('%j is refused, with what is right', async (args, words) => {
  const { code, out, err } = await run(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(words);
});

test.each([
  [['main.ts'], { ORCH_VERFY_CMD: 'true' }, 'ORCH_VERIFY_CMD'],
  [['swarm/main.ts', 'start'], { MAX_AGENT: '3' }, 'MAX_AGENTS'],
])('%j with %j is refused, and the setting that was meant is named', async (args, env, meant) => {
  const { code, err } = await run(args, env);
  expect(code).toBe(1);
  expect(err).toContain(`Did you mean ${meant}?`);
});
