import { textOf, useMcp } from '@dispatcher/testing/sdk/use-mcp.ts';
import { Recursiv } from '@recursiv/sdk';
import { expect, test } from 'vitest';

/** Nothing listens at this address, and these tests need no answer. */
const { dispatcher } = new Recursiv({ apiKey: 'sk_live_secret', baseUrl: 'http://127.0.0.1:9/api/v1', maxRetries: 0 });

test('the tools are those of the golden file: names, texts, schemas', async () => {
  await using mcp = await useMcp(dispatcher);
  const { tools } = await mcp.client.listTools();
  await expect(`${JSON.stringify(tools, null, 2)}\n`).toMatchFileSnapshot('tools.golden');
});

test('no tool takes an organization, a token or a key', async () => {
  await using mcp = await useMcp(dispatcher);
  const { tools } = await mcp.client.listTools();
  expect(tools.map(({ name }) => name).sort()).toEqual([
    'claim_next_task',
    'claim_task',
    'complete_task',
    'create_task',
    'create_tasks',
    'explain_task',
    'get_dispatcher_stats',
    'get_task',
    'heartbeat_task',
    'list_active_claims',
    'list_task_activity',
    'list_tasks',
    'release_task',
    'update_task',
  ]);
  for (const { name, inputSchema } of tools) {
    expect(inputSchema.additionalProperties, name).toBe(false);
    expect(Object.keys(inputSchema.properties ?? {}), name).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/organization|token|(?<!concurrency_)key/)]),
    );
  }
});

test.each([
  ['an organization', 'list_tasks', { organization_id: 'globex' }, 'There is no argument "organization_id".'],
  ['a missing argument', 'claim_next_task', {}, 'The argument agent is missing.'],
  [
    'a word that is none of the set',
    'create_task',
    { title: 'a', layer: 'kernel' },
    'layer is "kernel", which is not allowed. It must be one of core, plugin, ops.',
  ],
  ['a number out of range', 'create_task', { title: 'a', rev: 11 }, 'rev is 11, which is not allowed. It must be at most 10.'],
  ['an effort of 0', 'create_task', { title: 'a', effort: 0 }, 'effort is 0, which is not allowed. It must be over 0.'],
  ['a text for a number', 'create_task', { title: 'a', rev: '5' }, 'rev is "5", which is not allowed. It must be a number.'],
  ['a number for a text', 'update_task', { task_id: 'a', owner: 5 }, 'owner is 5, which is not allowed. It must be a text or null.'],
  ['an empty text', 'create_task', { title: '' }, 'title is "", which is not allowed. It must not be empty.'],
  [
    'an id with a space',
    'create_task',
    { title: 'a', id: 'My id' },
    'id is "My id", which is not allowed. Your own id for the task: up to 128 lower-case letters, digits, `.`, `_` and `-`.',
  ],
  ['an empty list', 'create_tasks', { tasks: [] }, 'tasks is [], which is not allowed. It must have at least 1 item.'],
  ['a field of an item', 'create_tasks', { tasks: [{ title: '' }] }, 'tasks 0 title is "", which is not allowed. It must not be empty.'],
  ['an item of a list', 'complete_task', { task_id: 'a', commits: ['ok', ''] }, 'commits 1 is "", which is not allowed.'],
])('%s is refused before any call, and the answer says what to correct', async (_, name, given, message) => {
  await using mcp = await useMcp(dispatcher);
  const result = await mcp.call(name, given);
  expect(result.isError).toBe(true);
  expect(textOf(result)).toContain(message);
  expect(textOf(result)).toContain(`call ${name} again`);
  expect(textOf(result)).not.toContain('^[');
});

test('every argument of every tool says what it means', async () => {
  await using mcp = await useMcp(dispatcher);
  const { tools } = await mcp.client.listTools();
  for (const { name, inputSchema } of tools)
    for (const [argument, schema] of Object.entries(inputSchema.properties ?? {}))
      expect(schema, `${name} ${argument}`).toHaveProperty('description', expect.stringMatching(/[a-z]{3}.*\./));
});

test('a tool that does not exist is a protocol error', async () => {
  await using mcp = await useMcp(dispatcher);
  await expect(mcp.call('drop_database')).rejects.toThrow('There is no tool drop_database');
});

test('a dispatcher that is away is a tool error that says what to do, without the key', async () => {
  await using mcp = await useMcp(dispatcher);
  const result = await mcp.call('list_tasks');
  expect(result.isError).toBe(true);
  expect(textOf(result)).toMatch(/cannot be reached.*try again in a minute/);
  expect(JSON.stringify(result)).not.toContain('sk_live_secret');
});
