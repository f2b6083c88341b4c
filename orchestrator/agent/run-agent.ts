import type { OutputLog } from '../log/output-log.ts';
import type { Containment } from '../process/containment.ts';
import { killStrays, runVariable } from '../process/orphans.ts';
import { runProcess } from '../process/run-process.ts';
import type { Usage } from '../record/record.ts';
import { type AgentEnd, readEnd } from './read-end.ts';
import { noUsage, StreamJsonReader } from './stream-json.ts';

/** One round of an agent. */
export interface AgentRequest {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly prompt: string;
  readonly run: string;
  readonly limitMs: number;
  /** How long the process may run after it gave its result. */
  readonly afterResultMs: number;
  readonly signal: AbortSignal;
  readonly contain: Containment;
  readonly log: OutputLog;
  readonly onLatest: (text: string) => void;
}

/** How the round ended, and what the agent reported. */
export type AgentRound = AgentEnd & { readonly usage: Usage; readonly words: string };

/**
 * Runs the agent once and ends everything that it started. An agent that still runs after its result has a little time
 * to end. An agent whose key is refused is ended at once.
 */
export async function runAgent(request: AgentRequest): Promise<AgentRound> {
  const reader = new StreamJsonReader();
  const enough = new AbortController();
  let afterResult: NodeJS.Timeout | undefined;
  const end = await runProcess({
    command: request.contain(request.command),
    cwd: request.cwd,
    env: { ...request.env, [runVariable]: request.run },
    input: request.prompt,
    limitMs: request.limitMs,
    signal: AbortSignal.any([request.signal, enough.signal]),
    onOutput: (chunk, from) => {
      request.log.push(chunk);
      if (from !== 'stdout') return;
      reader.push(chunk);
      request.onLatest(reader.report.latest);
      if (reader.report.isFinal) afterResult ??= setTimeout(() => enough.abort(), request.afterResultMs);
      if (reader.report.isKeyRefused) enough.abort();
    },
  });
  clearTimeout(afterResult);
  reader.end();
  await killStrays(request.run);
  const { report } = reader;
  const { tail } = request.log;
  const stopped = end.how === 'aborted' && request.signal.aborted;
  const facts = { end, report, tail, limit: minutes(request.limitMs), now: Date.now() };
  const read: AgentEnd = stopped ? { how: 'aborted', why: 'stopped', fault: 'person', until: null } : readEnd(facts);
  return { ...read, usage: report.usage, words: report.result ?? report.error ?? (report.usage === noUsage ? tail.slice(-2_000) : '') };
}

/** A time limit as text. */
export function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 100) / 10} seconds` : `${Math.round(ms / 6_000) / 10} minutes`;
}
