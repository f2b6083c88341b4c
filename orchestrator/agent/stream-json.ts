import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import type { Usage } from '../record/record.ts';

/** The report of an agent, from the stream-json of Claude Code or the JSON events of Codex. */
export interface AgentReport {
  readonly usage: Usage;
  /** The last message. Null when there is none. */
  readonly result: string | null;
  /** Whether the agent reported that it is finished. */
  readonly isFinal: boolean;
  readonly isError: boolean;
  /** Why the turn failed, in the words of the agent. */
  readonly error: string | null;
  /** The HTTP status with which the model refused the agent. Null when it did not. */
  readonly apiStatus: number | null;
  /** When the agent tries again by itself, in milliseconds since 1970. Null when it does not wait. */
  readonly retryAt: number | null;
  /** Whether the agent waits to try again although the model refuses its key. */
  readonly isKeyRefused: boolean;
  /** The newest message or action, for the status. */
  readonly latest: string;
}

/** A longer line is not a message of the format and is dropped. */
const lineCap = 1024 * 1024;

const count = z.number().nonnegative().catch(0);

const resultSchema = z.object({
  type: z.literal('result'),
  is_error: z.boolean().catch(false),
  api_error_status: z.number().nullish().catch(null),
  result: z.string().nullable().catch(null),
  num_turns: count,
  total_cost_usd: count,
  usage: z
    .object({ input_tokens: count, output_tokens: count, cache_creation_input_tokens: count, cache_read_input_tokens: count })
    .catch({ input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }),
});

const assistantSchema = z.object({
  type: z.literal('assistant'),
  message: z.object({ content: z.array(z.object({ type: z.string(), text: z.string().optional(), name: z.string().optional() })) }),
});

/** Claude Code waits to ask its model again. */
const retrySchema = z.object({
  type: z.literal('system'),
  subtype: z.literal('api_retry'),
  error_status: z.number().nullish().catch(null),
  retry_delay_ms: count,
  attempt: count,
  max_retries: count,
});

const codexItemSchema = z.object({ type: z.literal('item.completed'), item: z.object({ type: z.literal('agent_message'), text: z.string() }) });

const codexFailureSchema = z.object({ type: z.literal('turn.failed'), error: z.object({ message: z.string() }) });

const codexUsageSchema = z.object({ type: z.literal('turn.completed'), usage: z.object({ input_tokens: count, output_tokens: count }) });

/** Nothing used yet. */
export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, costUsd: 0, turns: 0 };

/** Reads the standard output of an agent as it arrives. Output in another format is ignored. */
export class StreamJsonReader {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #isTooLong = false;
  #report: AgentReport = {
    usage: noUsage,
    result: null,
    isFinal: false,
    isError: false,
    error: null,
    apiStatus: null,
    retryAt: null,
    isKeyRefused: false,
    latest: '',
  };

  /** The report so far. */
  get report(): AgentReport {
    return this.#report;
  }

  /** Takes the next piece of output. */
  push(chunk: Buffer): void {
    const [first = '', ...more] = this.#decoder.write(chunk).split('\n');
    this.#append(first);
    for (const piece of more) {
      this.end();
      this.#append(piece);
    }
  }

  /** Takes the line that has come so far as whole. */
  end(): void {
    if (!this.#isTooLong) this.#line(this.#rest);
    this.#rest = '';
    this.#isTooLong = false;
  }

  #append(piece: string): void {
    this.#isTooLong ||= this.#rest.length + piece.length > lineCap;
    this.#rest = this.#isTooLong ? '' : this.#rest + piece;
  }

  #line(line: string): void {
    const text = line.trim();
    if (text === '') return;
    const message = text.startsWith('{') ? parsed(text) : undefined;
    if (message === undefined) this.#set({ latest: text.slice(0, 200) });
    for (const { schema, read } of readers) {
      const found = schema.safeParse(message);
      if (found.success) this.#set(read(found.data, this.#report));
    }
  }

  #set(change: Partial<AgentReport>): void {
    this.#report = { ...this.#report, ...change };
  }
}

type Change = Partial<AgentReport>;

/** What each kind of message says. */
const readers: readonly { readonly schema: z.ZodType; read(data: unknown, before: AgentReport): Change }[] = [
  reader(resultSchema, (data) => ({ ...fromResult(data), isFinal: true, retryAt: null, isKeyRefused: false })),
  reader(assistantSchema, ({ message }) => {
    const said = message.content.map((part) => part.text ?? part.name ?? '').find((one) => one !== '');
    // The model answered, so what it refused before is over.
    return { ...(said !== undefined && { latest: said.slice(0, 200) }), apiStatus: null, retryAt: null, isKeyRefused: false };
  }),
  reader(retrySchema, ({ error_status, retry_delay_ms, attempt, max_retries }) => ({
    apiStatus: error_status ?? null,
    retryAt: Date.now() + retry_delay_ms,
    isKeyRefused: error_status === 401 || error_status === 403,
    latest: `the model does not answer${error_status == null ? '' : ` (${error_status})`}; try ${attempt} of ${max_retries}`,
  })),
  reader(codexItemSchema, ({ item }) => ({ result: item.text, latest: item.text.slice(0, 200) })),
  reader(codexFailureSchema, ({ error }) => ({
    isFinal: true,
    isError: true,
    result: null,
    error: error.message,
    apiStatus: Number(/unexpected status (\d{3})/.exec(error.message)?.[1] ?? 0) || null,
  })),
  reader(codexUsageSchema, ({ usage: { input_tokens, output_tokens } }, { usage }) => ({
    isFinal: true,
    usage: addUsage(usage, { inputTokens: input_tokens, outputTokens: output_tokens, costUsd: 0, turns: 1 }),
  })),
];

function reader<S extends z.ZodType>(schema: S, read: (data: z.infer<S>, before: AgentReport) => Change) {
  return { schema, read: (data: unknown, before: AgentReport) => read(schema.parse(data), before) };
}

function fromResult(data: z.infer<typeof resultSchema>): Pick<AgentReport, 'usage' | 'result' | 'isError' | 'apiStatus'> {
  const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = data.usage;
  const inputTokens = input_tokens + cache_creation_input_tokens + cache_read_input_tokens;
  return {
    result: data.result,
    isError: data.is_error,
    apiStatus: data.api_error_status ?? null,
    usage: { inputTokens, outputTokens: output_tokens, costUsd: data.total_cost_usd, turns: data.num_turns },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The sum of two. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd + b.costUsd,
    turns: a.turns + b.turns,
  };
}

/** The usage as a line of text. Empty when the agent reported none. */
export function usageText(usage: Usage): string {
  if (usage.inputTokens + usage.outputTokens === 0) return '';
  return `Used ${usage.inputTokens} input and ${usage.outputTokens} output tokens in ${usage.turns} turns, ${usage.costUsd.toFixed(4)} USD.`;
}
