import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestDispatcher, useDispatcher } from '@dispatcher/testing/harness/use-dispatcher.ts';
import { textOf, useMcp } from '@dispatcher/testing/sdk/use-mcp.ts';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Recursiv } from '@recursiv/sdk';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

let dispatcher: TestDispatcher;
let api: Recursiv['dispatcher'];
/** A client of its own, as every server has: it knows no token of another. */
let connect: () => Recursiv['dispatcher'];

beforeAll(async () => {
  dispatcher = await useDispatcher();
  const { url, api_key } = dispatcher.credentials;
  connect = () => new Recursiv({ apiKey: api_key, baseUrl: `${url}/api/v1` }).dispatcher;
  api = connect();
});

afterAll(async () => {
  await dispatcher[Symbol.asyncDispose]();
  // Importing the official stdio transport opens the standard input of the test's process, which nobody reads.
  process.stdin.destroy();
});

const agent = 'model-1';

/** The program itself, not yet started. */
function stdio(): StdioClientTransport {
  const { url, api_key } = dispatcher.credentials;
  return new StdioClientTransport({
    command: process.execPath,
    args: [join(import.meta.dirname, 'main.ts')],
    env: { RECURSIV_API_KEY: api_key, RECURSIV_BASE_URL: `${url}/api/v1`, RECURSIV_ORGANIZATION_ID: 'local' },
  });
}

test('a model works a task from create to complete, and every answer fits its output schema', async () => {
  await using mcp = await useMcp(connect());
  const created = await mcp.call('create_task', { title: 'Fix the login page', id: 'fix-login', owner: 'mcp', rev: 5 });
  expect(created.structuredContent).toMatchObject({ data: { id: 'fix-login', status: 'pending' } });
  await mcp.call('update_task', { task_id: 'fix-login', description: 'all of it', owner: 'mcp', milestone: null });
  expect(textOf(await mcp.call('list_tasks', { owner: 'mcp' }))).toContain('"id":"fix-login"');
  expect((await mcp.call('claim_next_task', { agent, owner: 'mcp' })).structuredContent).toMatchObject({
    data: { task: { description: 'all of it' } },
  });
  expect((await mcp.call('list_active_claims')).structuredContent).toMatchObject({ data: [{ task_id: 'fix-login', agent }] });
  expect((await mcp.call('heartbeat_task', { task_id: 'fix-login', agent })).isError).toBeUndefined();
  expect((await mcp.call('complete_task', { task_id: 'fix-login', notes: 'Fixed', commits: ['abc'] })).structuredContent).toMatchObject({
    data: { status: 'done' },
  });
  expect((await mcp.call('get_task', { task_id: 'fix-login' })).structuredContent).toMatchObject({ data: { commits: ['abc'], notes: 'Fixed' } });
  expect((await mcp.call('list_task_activity', { task_id: 'fix-login' })).structuredContent).toHaveProperty('data.length', 4);
  expect((await mcp.call('get_dispatcher_stats')).structuredContent).toHaveProperty('data.byOwner.mcp', 1);
  expect((await mcp.call('claim_next_task', { agent, owner: 'mcp' })).structuredContent).toEqual({ data: null });
});

test('no answer shows a claim token', async () => {
  await using mcp = await useMcp(connect());
  await api.create({ id: 'secretive', title: 'a', owner: 'secretive' });
  const claimed = await mcp.call('claim_next_task', { agent, owner: 'secretive' });
  const renewed = await mcp.call('heartbeat_task', { task_id: 'secretive', agent });
  expect(JSON.stringify([claimed, renewed])).not.toContain('claim_token');
});

test('a claim is given back when the client goes away', async () => {
  await api.create({ id: 'left', title: 'a', owner: 'left' });
  {
    await using mcp = await useMcp(connect());
    await mcp.call('claim_task', { task_id: 'left', agent });
    expect((await api.get('left')).data.claim?.agent).toBe(agent);
  }
  expect((await api.get('left')).data).toMatchObject({ status: 'pending', claim: null });
});

test('each conflict is a tool error that says what to do next', async () => {
  await using mcp = await useMcp(connect());
  await api.create({ id: 'contested', title: 'a', owner: 'contested' });
  await api.claim('contested', { agent: 'somebody\nelse' });
  expect(textOf(await mcp.call('claim_task', { task_id: 'contested', agent }))).toMatch(/^already_claimed: .*claim_next_task.*somebody\\nelse/);
  expect(textOf(await mcp.call('complete_task', { task_id: 'contested', agent }))).toMatch(/^claim_lost: .*Stop working on it/);
  await api.complete('contested');
  expect(textOf(await mcp.call('complete_task', { task_id: 'contested', agent }))).toMatch(/^already_done: /);
  expect(textOf(await mcp.call('get_task', { task_id: 'nope' }))).toMatch(/^not_found: /);
  expect(textOf(await mcp.call('create_task', { title: 'a', id: 'contested' }))).toMatch(/^duplicate_id: /);
});

test('completing after the claim was lost never ends the claim of another', async () => {
  await using mcp = await useMcp(connect());
  await api.create({ id: 'stolen', title: 'a', owner: 'stolen' });
  await mcp.call('claim_task', { task_id: 'stolen', agent });
  await api.release('stolen');
  await api.claim('stolen', { agent: 'another' });
  const result = await mcp.call('complete_task', { task_id: 'stolen' });
  expect(textOf(result)).toMatch(/^claim_lost: /);
  expect((await api.get('stolen')).data.claim?.agent).toBe('another');
});

test('the program speaks MCP on its standard streams, and releases what it held when they are closed', async () => {
  await api.create({ id: 'piped', title: 'a', owner: 'piped' });
  const transport = stdio();
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  expect((await client.listTools()).tools).toHaveLength(12);
  expect(await client.callTool({ name: 'claim_task', arguments: { task_id: 'piped', agent } })).toHaveProperty(
    'structuredContent.data.claim.agent',
    agent,
  );
  await client.close();
  await vi.waitFor(async () => expect((await api.get('piped')).data.status).toBe('pending'), { timeout: 5_000 });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('two %s of one keystroke make the program release what it holds', async (name) => {
  const id = `mcp-${name.toLowerCase()}`;
  await api.create({ id, title: 'a', owner: id });
  const transport = stdio();
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  await client.callTool({ name: 'claim_task', arguments: { task_id: id, agent } });
  const ended = new Promise<void>((resolve) => {
    client.onclose = resolve;
  });
  process.kill(transport.pid ?? 0, name);
  await sleep(3);
  process.kill(transport.pid ?? 0, name);
  await ended;
  expect((await api.get(id)).data).toMatchObject({ status: 'pending', claim: null });
});

test('an organization that is not the key’s is refused, whatever the server was started with', async () => {
  const { url, api_key } = dispatcher.credentials;
  const foreign = new Recursiv({ apiKey: api_key, baseUrl: `${url}/api/v1`, organizationId: 'globex' });
  await using mcp = await useMcp(foreign.dispatcher);
  expect(textOf(await mcp.call('list_tasks'))).toMatch(/^forbidden: /);
});
