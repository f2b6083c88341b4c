import type { DescMethodUnary } from '@bufbuild/protobuf';
import type { Tool as ToolDescription } from '@modelcontextprotocol/sdk/types.js';
import type { Dispatcher, Page } from '@recursiv/sdk';
import { inputSchema } from '../schema/json-schema.ts';
import type { HeldClaims } from './held-claims.ts';

/** What a call of a tool gets. */
interface ToolContext {
  readonly dispatcher: Dispatcher;
  readonly claims: HeldClaims;
  /** Aborted when the client cancels the call. */
  readonly signal: AbortSignal;
}

/** The answer of a tool. */
export interface Answer {
  /** What to do next, in our own words. */
  readonly nextStep: string;
  /** The dispatcher's answer. People and agents wrote the texts in it. */
  readonly data: unknown;
  /** The place of a page in its list. */
  readonly meta?: Page;
}

/** One tool: what the client is told about it, and what it does. */
export interface Tool {
  readonly name: string;
  readonly description: ToolDescription;
  call(context: ToolContext, given: Record<string, unknown>): Promise<Answer>;
}

/** The definition of a tool. */
interface ToolDefinition<Given> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The RPC. The schema of the arguments is made from its request. */
  readonly method: DescMethodUnary;
  /** The fields that null clears. */
  readonly nullable?: readonly string[];
  readonly hints: { readonly readOnly?: true; readonly destructive?: true; readonly idempotent?: true };
  call(context: ToolContext, given: Given): Promise<Answer>;
}

/**
 * Fields that are never arguments: the key and `RECURSIV_ORGANIZATION_ID` of the server decide the organization, the
 * server keeps tokens and sets the lease, and the mask is for gRPC.
 */
const notForCallers = ['organization_id', 'claim_token', 'lease_seconds', 'update_mask'];

/** Makes a tool from its definition. The server checks the arguments against the schema before it runs `call`. */
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
