import type { OutputLog } from '../log/output-log.ts';
import type { Containment } from '../process/containment.ts';
import { killStrays, runVariable } from '../process/orphans.ts';
import { runProcess } from '../process/run-process.ts';
import type { Usage } from '../record/record.ts';
import { StreamJsonReader } from './stream-json.ts';

/** One round of an agent. */
export interface AgentRequest {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly prompt: string;
  readonly run: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly contain: Containment;
  readonly log: OutputLog;
  readonly onLatest: (text: string) => void;
}

/** How a round ended. `unavailable`: the agent could not begin, or its quota is used up; the task has nothing to do with it. */
export interface AgentEnd {
  readonly how: 'finished' | 'failed' | 'limit' | 'aborted' | 'unavailable';
  readonly why: string;
  readonly usage: Usage;
}

/** How providers and their tools say that no more work is to be had for now. */
const quotaWords =
  /(usage|rate|session|weekly|spending) limit (is )?(reached|exceeded|hit)|hit your (usage |session |weekly )?limit|quota (is )?(exceeded|exhausted)|insufficient_quota|rate_limit_error|credit balance is too low|out of (credits|quota)/i;

/** Runs the agent once and ends everything it started. */
export async function runAgent(request: AgentRequest): Promise<AgentEnd> {
  const reader = new StreamJsonReader();
  const end = await runProcess({
    command: request.contain(request.command),
    cwd: request.cwd,
    env: { ...request.env, [runVariable]: request.run },
    input: request.prompt,
    limitMs: request.limitMs,
    signal: request.signal,
    onOutput: (chunk, from) => {
      request.log.push(chunk);
      if (from !== 'stdout') return;
      reader.push(chunk);
      request.onLatest(reader.report.latest);
    },
  });
  reader.end();
  await killStrays(request.run);
  const { usage, isError, result } = reader.report;
  if (end.how === 'aborted') return { how: 'aborted', why: 'stopped', usage };
  if (end.how === 'limit') return { how: 'limit', why: `the agent took over ${minutes(request.limitMs)}`, usage };
  if (end.how === 'unstartable') return { how: 'unavailable', why: `the agent could not start: ${end.reason}`, usage };
  if (end.code === 0 && !isError) return { how: 'finished', why: '', usage };
  const said = result ?? request.log.tail;
  if (quotaWords.test(said.slice(-2_000))) return { how: 'unavailable', why: `the agent's quota is used up: ${said.slice(-300).trim()}`, usage };
  if (end.code === 126 || end.code === 127) return { how: 'unavailable', why: `the agent could not start (exit code ${end.code})`, usage };
  return {
    how: 'failed',
    why: end.code === 0 ? 'the agent reported an error' : `the agent ended with ${end.code === null ? end.signal : `exit code ${end.code}`}`,
    usage,
  };
}

/** A time limit for people. */
export function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 100) / 10} seconds` : `${Math.round(ms / 6_000) / 10} minutes`;
}
