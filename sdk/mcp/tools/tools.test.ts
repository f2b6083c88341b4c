import { textOf, useMcp } from '@dispatcher/testing/sdk/use-mcp.ts';
import { Recursiv } from '@recursiv/sdk';
import { expect, test } from 'vitest';

/** Nothing listens there: these tests make no call that gets so far. */
const { dispatcher } = new Recursiv({ apiKey: 'sk_live_secret', baseUrl: 'http://127.0.0.1:9/api/v1', maxRetries: 0 });

test('the tools are exactly those of the golden file: names, texts, schemas', async () => {
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
    expect(Object.keys(inputSchema.properties ?? {}), name).not.toEqual(expect.arrayContaining([expect.stringMatching(/organization|token|key/)]));
  }
});

test.each([
  ['an organization', 'list_tasks', { organization_id: 'globex' }, /no argument "organization_id"/],
  ['a missing argument', 'claim_next_task', {}, /must have required property 'agent'/],
  ['a word that is none of the set', 'create_task', { title: 'a', layer: 'kernel' }, /layer must be equal to one of the allowed values/],
  ['a number out of range', 'create_task', { title: 'a', rev: 11 }, /rev must be <= 10/],
])('%s is refused before any call, with what to correct', async (_, name, given, message) => {
  await using mcp = await useMcp(dispatcher);
  const result = await mcp.call(name, given);
  expect(result.isError).toBe(true);
  expect(textOf(result)).toMatch(message);
  expect(textOf(result)).toContain(`call ${name} again`);
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
