#!/usr/bin/env node
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { Recursiv } from '@recursiv/sdk';
import { createStopSignal } from '@recursiv/sdk/node';
import { createDispatcherServer } from './server.ts';

/** Standard output belongs to the protocol, so whatever is said to people goes to standard error. */
function fail(error: unknown): never {
  process.stderr.write(`recursiv-mcp: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

const ended = new Promise<void>((resolve) => {
  process.stdin.once('end', resolve);
  process.stdin.once('close', resolve);
  createStopSignal().addEventListener('abort', () => resolve());
});

try {
  const { dispatcher } = new Recursiv();
  await using dispatcherServer = createDispatcherServer(dispatcher);
  await dispatcherServer.server.connect(new StdioServerTransport());
  await ended;
} catch (error) {
  fail(error);
}
process.exit(0);
