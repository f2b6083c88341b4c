import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { Recursiv } from '@recursiv/sdk';
import { expect, test } from 'vitest';
import { createDispatcherServer } from './server.ts';

/**
 * The public suite speaks only HTTP, so the same server is put behind the official HTTP transport, a new one for each
 * request.
 */
async function useHttpServer(): Promise<{ url: string } & AsyncDisposable> {
  const { dispatcher } = new Recursiv({ apiKey: 'sk_live_test', baseUrl: 'http://127.0.0.1:9/api/v1' });
  const http = createServer((request, response) => {
    const answer = async () => {
      const dispatcherServer = createDispatcherServer(dispatcher);
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
      response.once('close', () => void dispatcherServer[Symbol.asyncDispose]());
      await dispatcherServer.server.connect(transport);
      await transport.handleRequest(request, response);
    };
    answer().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await closed;
    },
  };
}

// These scenarios of the suite are for all servers with tools. The others call tools, prompts and resources of a sample
// server.
test.each(['server-initialize', 'ping', 'tools-list'])('the public conformance test %s passes', async (scenario) => {
  await using server = await useHttpServer();
  const bin = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'));
  const { stdout } = await promisify(execFile)(process.execPath, [bin, 'server', '--url', server.url, '--scenario', scenario], { cwd: tmpdir() });
  expect(stdout).toMatch(/Passed: (\d+)\/\1, 0 failed/);
});
