import type { DescMethodUnary } from '@bufbuild/protobuf';
import type { Tool as ToolDescription } from '@modelcontextprotocol/sdk/types.js';
import type { Dispatcher, Page } from '@recursiv/sdk';
import { inputSchema } from '../schema/json-schema.ts';
import type { HeldClaims } from './held-claims.ts';

/** What a call of a tool works with. */
interface ToolContext {
  readonly dispatcher: Dispatcher;
  readonly claims: HeldClaims;
  /** Aborted when the client gives the call up. */
  readonly signal: AbortSignal;
}

/** What a tool answers a model. */
export interface Answer {
  /** What to do now, in a sentence of ours. */
  readonly nextStep: string;
  /** What the dispatcher said. All texts in it were written by people and agents. */
  readonly data: unknown;
  /** Where a page of a list stands. */
  readonly meta?: Page;
}

/** One tool: what the client is told about it, and what it does. */
export interface Tool {
  readonly name: string;
  readonly description: ToolDescription;
  call(context: ToolContext, given: Record<string, unknown>): Promise<Answer>;
}

/** How a tool is written down. */
interface ToolDefinition<Given> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The RPC whose request is the schema of the arguments. */
  readonly method: DescMethodUnary;
  /** What null clears. */
  readonly nullable?: readonly string[];
  readonly hints: { readonly readOnly?: true; readonly destructive?: true; readonly idempotent?: true };
  call(context: ToolContext, given: Given): Promise<Answer>;
}

/**
 * Never an argument: the key and `RECURSIV_ORGANIZATION_ID` of the server decide the organization, the server keeps tokens and leases, and the mask
 * is for gRPC.
 */
const notForCallers = ['organization_id', 'claim_token', 'lease_seconds', 'update_mask'];

/** Makes a tool from its definition. The arguments are checked against the schema of the same method before `call` sees them. */
export function defineTool<Given>({ name, title, description, method, nullable, hints, call }: ToolDefinition<Given>): Tool {
  const { properties, required, ...schema } = inputSchema(method.input, notForCallers, nullable);
  return {
    name,
    description: {
      name,
      title,
      description,
      inputSchema: { ...schema, properties: { ...properties }, required: [...required] },
      annotations: {
        readOnlyHint: hints.readOnly === true,
        destructiveHint: hints.destructive === true,
        idempotentHint: hints.readOnly === true || hints.idempotent === true,
        openWorldHint: false,
      },
    },
    call: (context, given) => call(context, given as Given),
  };
}
