import { useFolder } from '@dispatcher/testing/harness/use-folder.ts';
import { expect, test } from 'vitest';
import { isOfGoneMember, takeMember } from './member.ts';

const longPrefix = 'p'.repeat(50);

test('daemons that start at the same moment get different names, and a name that is free again is used again', async () => {
  await using folder = await useFolder();
  const members = await Promise.all(Array.from({ length: 4 }, () => takeMember(folder.path, 'auto')));
  expect(new Set(members.map(({ name }) => name)).size).toBe(4);
  for (const { name } of members) expect(name).toMatch(/^auto-[\w-]+_[0-9a-z]{4}-[1-4]$/);
  const first = members.find(({ name }) => name.endsWith('-1'));
  await first?.lock[Symbol.asyncDispose]();
  const again = await takeMember(folder.path, 'auto');
  expect(again.name).toBe(first?.name);
  for (const { lock } of [again, ...members.filter((member) => member !== first)]) await lock[Symbol.asyncDispose]();
});

test('daemons with state folders of their own, as two users have, never share a name', async () => {
  await using one = await useFolder();
  await using other = await useFolder();
  const [mine, theirs] = [await takeMember(one.path, longPrefix), await takeMember(other.path, longPrefix)];
  expect(mine.name).not.toBe(theirs.name);
  expect(`${mine.name}-100`.length, 'the API takes names of 200 characters').toBeLessThanOrEqual(200);
  await using _mine = mine.lock;
  await using _theirs = theirs.lock;
});

test('a claim counts as left behind only when its daemon had this state folder and prefix, and is gone', async () => {
  await using mine = await useFolder();
  await using theirs = await useFolder();
  const living = await takeMember(mine.path, 'auto');
  const other = await takeMember(theirs.path, 'auto');
  await other.lock[Symbol.asyncDispose]();
  const isGone = (agent: string) => isOfGoneMember(mine.path, 'auto', agent);
  expect(await isGone(`${living.name}-1`)).toBe(false);
  expect(await isGone(`${other.name}-1`)).toBe(false);
  await living.lock[Symbol.asyncDispose]();
  expect(await isGone(`${living.name}-1`)).toBe(true);
  expect(await isOfGoneMember(mine.path, 'aut', `${living.name}-1`)).toBe(false);
  expect(await isGone(living.name)).toBe(false);
});
