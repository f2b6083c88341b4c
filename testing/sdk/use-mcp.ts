import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { createDispatcherServer } from '@recursiv/mcp/server.ts';
import type { Dispatcher } from '@recursiv/sdk';

/** The official client, connected to a server in this process. Disposing of it is what a client does that goes away. */
export interface TestMcp extends AsyncDisposable {
  readonly client: Client;
  call(name: string, given?: Record<string, unknown>): Promise<CallToolResult>;
}

/** Connects a client with a server in front of the dispatcher. */
export async function useMcp(dispatcher: Dispatcher): Promise<TestMcp> {
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'test', version: '1.0.0' });
  const dispatcherServer = createDispatcherServer(dispatcher);
  await Promise.all([dispatcherServer.server.connect(serverSide), client.connect(clientSide)]);
  // Clients list the tools before they call one.
  await client.listTools();
  return {
    client,
    call: async (name, given = {}) => (await client.callTool({ name, arguments: given })) as CallToolResult,
    async [Symbol.asyncDispose]() {
      await dispatcherServer[Symbol.asyncDispose]();
      await client.close();
    },
  };
}

/** The text of a result. */
export function textOf(result: CallToolResult): string {
  return result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}
