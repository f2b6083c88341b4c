import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { readOrchestratorSettings } from './config.ts';

const key = { DISPATCHER_API_KEY: 'sk_live_something' };

test('every setting has its documented default', () => {
  expect(readOrchestratorSettings(key)).toMatchObject({
    dispatcher: { url: 'http://localhost:3000/api/v1/dispatcher' },
    maxAgents: 3,
    agentPrefix: 'auto',
    worktreeBaseDir: '/tmp/social-dev-agents',
    mergeEnabled: true,
    agentCommand: ['claude', '-p', ...Array.from({ length: 10 }, () => expect.any(String))],
    repoDir: process.cwd(),
    baseBranch: 'main',
    setupCommand: undefined,
    verifyCommand: undefined,
    attempts: 2,
    filters: {},
  });
});

test('without a key, the key and address that npm start saved are used', async () => {
  await using folder = await useFolder();
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(path.join(folder.path, 'credentials.json'), JSON.stringify({ url: 'http://127.0.0.1:3001', api_key: 'sk_live_saved' }));
  const { dispatcher } = readOrchestratorSettings({ DISPATCHER_DATA_DIR: folder.path });
  expect(dispatcher).toMatchObject({ url: 'http://127.0.0.1:3001/api/v1/dispatcher', apiKey: 'sk_live_saved' });
});

test('without a key and without saved credentials, the error says what to do', () => {
  expect(() => readOrchestratorSettings({ DISPATCHER_DATA_DIR: '/nowhere' })).toThrow(
    /DISPATCHER_API_KEY is not set, and there is no file \/nowhere\/credentials\.json/,
  );
});

test('saved credentials that cannot be read are refused with the name of their file', async () => {
  await using folder = await useFolder();
  writeFileSync(path.join(folder.path, 'credentials.json'), '{"url":');
  expect(() => readOrchestratorSettings({ DISPATCHER_DATA_DIR: folder.path })).toThrow(`${folder.path}/credentials.json has no url and api_key`);
});

test('all faults are reported together, without the value of a secret', () => {
  const env = {
    DISPATCHER_API_KEY: 'hush hush',
    MAX_AGENTS: '0',
    AGENT_PREFIX: '../x',
    MERGE_ENABLED: 'yes',
    CLAUDE_CMD: '"open',
    ORCH_BASE_BRANCH: '-rf',
    ORCH_LAYER: 'top',
    ORCH_ATTEMPTS: '1.5',
  };
  const names = Object.keys(env);
  try {
    readOrchestratorSettings(env);
    expect.unreachable();
  } catch (error) {
    const text = String(error);
    for (const name of names) expect(text).toContain(name);
    expect(text).not.toContain('hush');
  }
});
