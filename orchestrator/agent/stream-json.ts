import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import type { Usage } from '../record/record.ts';

/** What an agent's output said about itself, as far as it speaks Claude Code's stream-json. */
export interface AgentReport {
  readonly usage: Usage;
  /** Its last words; null when it gave none. */
  readonly result: string | null;
  readonly isError: boolean;
  /** The newest thing it said or did, for the status. */
  readonly latest: string;
}

/** A line longer than this is no message of the format, and is not kept. */
const lineCap = 1024 * 1024;

const count = z.number().nonnegative().catch(0);

const resultSchema = z.object({
  type: z.literal('result'),
  is_error: z.boolean().catch(false),
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

/** Nothing used yet. */
export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, costUsd: 0, turns: 0 };

/** Reads an agent's standard output as it comes. What is not of the format is passed over. */
export class StreamJsonReader {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #isTooLong = false;
  #report: AgentReport = { usage: noUsage, result: null, isError: false, latest: '' };

  /** What is known so far. */
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
    const result = resultSchema.safeParse(message);
    if (result.success) this.#report = { ...this.#report, ...fromResult(result.data) };
    const assistant = assistantSchema.safeParse(message);
    const said = assistant.success ? assistant.data.message.content.map((part) => part.text ?? part.name ?? '').find((one) => one !== '') : undefined;
    const latest = message === undefined ? text : said;
    if (latest !== undefined) this.#report = { ...this.#report, latest: latest.slice(0, 200) };
  }
}

function fromResult(data: z.infer<typeof resultSchema>): Pick<AgentReport, 'usage' | 'result' | 'isError'> {
  const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = data.usage;
  const inputTokens = input_tokens + cache_creation_input_tokens + cache_read_input_tokens;
  return {
    result: data.result,
    isError: data.is_error,
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

/** The figures in a line for people; empty when the agent gave none. */
export function usageText(usage: Usage): string {
  if (usage.inputTokens + usage.outputTokens === 0) return '';
  return `Used ${usage.inputTokens} input and ${usage.outputTokens} output tokens in ${usage.turns} turns, ${usage.costUsd.toFixed(4)} USD.`;
}
