import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { noUsage } from '../agent/stream-json.ts';
import type { RunRecord } from './record.ts';
import { RunFile } from './run-file.ts';

const record = (): RunRecord => ({
  version: 1,
  run: crypto.randomUUID(),
  daemon: crypto.randomUUID(),
  process: null,
  state: 'claimed',
  stage: 'build',
  agent: 'auto-host-1-1',
  claimToken: 'token',
  attempt: 1,
  startedAt: '2026-01-01T00:00:00Z',
  task: {
    id: 'one',
    organization_id: 'acme',
    title: 'One',
    description: null,
    notes: null,
    context_handoff: null,
    created_at: '2026-01-01T00:00:00Z',
  },
  baseBranch: 'main',
  branch: 'task/one',
  worktree: '/nowhere/one',
  worktreeKept: false,
  words: '',
  originBranch: null,
  round: 1,
  roundBegun: false,
  resumptions: 0,
  feedback: null,
  conflictReturned: false,
  candidate: null,
  landed: null,
  release: null,
  usage: noUsage,
});

const unreadable: string[] = [];
const adopt = (dir: string, isWanted = (_: RunRecord) => true) =>
  RunFile.adopt(dir, { most: 10, isWanted, onUnreadable: (folder) => unreadable.push(folder) });

test('a run is adopted when its holder is gone, as it stood last, and not before', async () => {
  await using folder = await useFolder();
  const file = await RunFile.create(folder.path, record());
  await file.update({ state: 'building' });
  expect(await adopt(folder.path)).toEqual([]);
  await file[Symbol.asyncDispose]();
  const [adopted] = await adopt(folder.path);
  expect(adopted?.record.state).toBe('building');
  await adopted?.[Symbol.asyncDispose]();
});

test('changes made at the same time are all kept', async () => {
  await using folder = await useFolder();
  await using file = await RunFile.create(folder.path, record());
  await Promise.all([file.update({ claimToken: 'newer' }), file.update({ state: 'building' }), file.update({ round: 2 })]);
  expect(file.record).toMatchObject({ claimToken: 'newer', state: 'building', round: 2 });
});

test('a step that the table does not know is refused, and only a closed run is deleted', async () => {
  await using folder = await useFolder();
  await using file = await RunFile.create(folder.path, record());
  await expect(file.update({ state: 'verified' })).rejects.toThrow('cannot go from claimed to verified');
  await expect(file.delete()).rejects.toThrow('not to be deleted');
  await file.update({ state: 'closed' });
  await file.delete();
  expect(readdirSync(folder.path)).toEqual([]);
});

test('a run that died before its first record is nothing, and one that cannot be read is set aside', async () => {
  await using folder = await useFolder();
  mkdirSync(`${folder.path}/died`);
  mkdirSync(`${folder.path}/torn`);
  writeFileSync(`${folder.path}/torn/state.json`, '{"version":1');
  expect(await adopt(folder.path)).toEqual([]);
  expect(readdirSync(folder.path)).toEqual(['torn.unreadable']);
  expect(unreadable).toEqual([`${folder.path}/torn`]);
});
