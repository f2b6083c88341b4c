import type { DescMethodUnary } from '@bufbuild/protobuf';
import type { Tool as ToolDescription } from '@modelcontextprotocol/sdk/types.js';
import type { Dispatcher } from '@recursiv/sdk';
import { inputSchema, type ObjectSchema, outputSchema } from '../schema/json-schema.ts';
import type { HeldClaims } from './held-claims.ts';

/** What a call of a tool works with. */
interface ToolContext {
  readonly dispatcher: Dispatcher;
  readonly claims: HeldClaims;
  /** Aborted when the client gives the call up. */
  readonly signal: AbortSignal;
}

/** One tool: what the client is told about it, and what it does. */
export interface Tool {
  readonly name: string;
  readonly description: ToolDescription;
  call(context: ToolContext, given: Record<string, unknown>): Promise<object>;
  /** The answer for clients that read text alone. */
  text(answer: object): string;
}

/** How a tool is written down. */
export interface ToolDefinition<Given, Answer extends object> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The RPC whose request and response are its schemas. */
  readonly method: DescMethodUnary;
  /** What null clears. */
  readonly nullable?: readonly string[];
  readonly hints: { readonly readOnly?: true; readonly destructive?: true; readonly idempotent?: true };
  call(context: ToolContext, given: Given): Promise<Answer>;
  text(answer: Answer): string;
}

/**
 * Never an argument: the key and `RECURSIV_ORGANIZATION_ID` of the server decide the organization, the server keeps tokens and leases, and the mask
 * is for gRPC.
 */
const notForCallers = ['organization_id', 'claim_token', 'lease_seconds', 'update_mask'];

/** The token stays in this process, where no transcript shows it. */
const notForAnswers = ['claim_token'];

/** Makes a tool from its definition. The arguments are checked against the schema of the same method before `call` sees them. */
export function defineTool<Given, Answer extends object>(definition: ToolDefinition<Given, Answer>): Tool {
  const { name, title, description, method, hints } = definition;
  return {
    name,
    description: {
      name,
      title,
      description,
      inputSchema: sdkSchema(inputSchema(method.input, notForCallers, definition.nullable)),
      outputSchema: sdkSchema(outputSchema(method.output, notForAnswers)),
      annotations: {
        readOnlyHint: hints.readOnly === true,
        destructiveHint: hints.destructive === true,
        idempotentHint: hints.readOnly === true || hints.idempotent === true,
        openWorldHint: false,
      },
    },
    call: (context, given) => definition.call(context, given as Given),
    text: (answer) => definition.text(answer as Answer),
  };
}

/** The MCP SDK's type is the same with arrays that may be written to. */
function sdkSchema({ properties, required, ...rest }: ObjectSchema): ToolDescription['inputSchema'] {
  return { ...rest, properties: { ...properties }, required: [...(required ?? [])] };
}
