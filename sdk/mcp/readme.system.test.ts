import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { snippetsOf } from '@dispatcher/testing/harness/readme-snippets.ts';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { parse as parseToml } from 'smol-toml';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';

const entry = z.object({ command: z.string(), args: z.array(z.string()), env: z.record(z.string(), z.string()) });
const jsonFile = z.object({ mcpServers: z.object({ dispatcher: entry }) }).transform(({ mcpServers }) => mcpServers.dispatcher);
const tomlFile = z.object({ mcp_servers: z.object({ dispatcher: entry }) }).transform(({ mcp_servers }) => mcp_servers.dispatcher);

const snippets = snippetsOf(await readFile(join(import.meta.dirname, 'README.md'), 'utf8'));

// The import of the official stdio transport opens the standard input of the test's process. Nobody reads it.
afterAll(() => void process.stdin.destroy());

test('the README has a configuration for each of the three agents', () => {
  expect(snippets.map(({ language }) => language)).toEqual(['json', 'json', 'toml']);
});

test.each(snippets)('the configuration on line $line starts a server that lists its tools', async ({ language, code }) => {
  const { command, args, env } = language === 'toml' ? tomlFile.parse(parseToml(code)) : jsonFile.parse(JSON.parse(code));
  const root = join(import.meta.dirname, '../..');
  const transport = new StdioClientTransport({
    command,
    args: args.map((arg) => arg.replace('/path/to/dispatcher', root)),
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent', ...env, RECURSIV_API_KEY: 'sk_live_test' },
    cwd: '/',
  });
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  try {
    expect((await client.listTools()).tools).toHaveLength(14);
  } finally {
    await client.close();
  }
});
