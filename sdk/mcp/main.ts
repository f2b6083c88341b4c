#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { AuthenticationError, Recursiv } from '@recursiv/sdk';
import { createStopSignal } from '@recursiv/sdk/node';
import { createDispatcherServer } from './server.ts';
import { version } from './version.ts';

const help = `recursiv-mcp gives coding agents the tools to take tasks from a dispatcher and
finish them.

A coding agent starts it, and speaks the Model Context Protocol with it on
standard input and output. Its options are:
  --help     show this text
  --version  show the version

Settings come from the environment:
  RECURSIV_API_KEY          the key; it decides what the tools may see and do
  RECURSIV_BASE_URL         where the API is [http://localhost:3000/api/v1]
  RECURSIV_ORGANIZATION_ID  for an admin key: the organization of all tools
`;

process.exit(await run());

/** Returns the exit code. */
async function run(): Promise<number> {
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } });
    if (values.help || values.version) {
      await print(values.help ? help : `${version}\n`);
      return 0;
    }
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)} --help says what there is.`, 2);
  }
  try {
    await serve();
    return 0;
  } catch (error) {
    if (error instanceof AuthenticationError && error.code === 'missing_api_key')
      return fail('There is no API key. Set RECURSIV_API_KEY where your agent configures this server.');
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** Serves until the client goes away or a signal comes, then gives back all claims. */
async function serve(): Promise<void> {
  const { dispatcher } = new Recursiv();
  const ended = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve);
    process.stdin.once('close', resolve);
    createStopSignal().addEventListener('abort', () => resolve());
  });
  await using dispatcherServer = createDispatcherServer(dispatcher);
  await dispatcherServer.server.connect(new StdioServerTransport());
  if (process.stdin.isTTY) process.stderr.write('recursiv-mcp: waiting for a coding agent on standard input; --help says more.\n');
  await ended;
}

/** Standard output belongs to the protocol, so messages for people go to standard error. */
function fail(message: string, exitCode = 1): number {
  process.stderr.write(`recursiv-mcp: ${message}\n`);
  return exitCode;
}

/** Waits until the text is written. A pipe may take it in pieces, and `process.exit` does not wait. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
