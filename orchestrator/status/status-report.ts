import { z } from 'zod';
import type { DaemonContext } from '../daemon/context.ts';

/** What a daemon says about itself to those who look from outside. */
export const statusReportSchema = z.object({
  /** Its name. */
  member: z.string(),
  /** The repository it works on. */
  repository: z.string(),
  pid: z.number().int().positive(),
  /** `draining`: it finishes what it has; `stopping`: it gives that back. */
  state: z.enum(['starting', 'running', 'draining', 'stopping']),
  /** When this was written, RFC 3339. */
  written_at: z.string(),
  uptime_seconds: z.number(),
  /** Agents it has at work at the same time, at most. */
  max_agents: z.number().int(),
  /** Tasks it brought to the base branch or handed over. */
  finished: z.number().int(),
  /** Tasks it gave back. */
  released: z.number().int(),
  /** Why nothing new is begun, such as a full disk. */
  blocked: z.string().nullable(),
  /** Why its agents cannot work, and how long it still waits. */
  paused: z.object({ why: z.string(), seconds: z.number() }).nullable(),
  /** The task it gave back last, and why. */
  last_failure: z.string().nullable(),
  /** The tasks in hand; `latest` is the newest line of the agent, `seconds` how long the step has taken. */
  runs: z.array(z.object({ agent: z.string(), task: z.string(), title: z.string(), step: z.string(), seconds: z.number(), latest: z.string() })),
});

/** A daemon's word about itself. */
export type StatusReport = Readonly<z.infer<typeof statusReportSchema>>;

/** The report of this daemon at this moment. */
export function statusReport({ status, pause, repository, settings }: DaemonContext, member: string): StatusReport {
  const paused = pause.current;
  return {
    member,
    repository: repository.dir,
    pid: process.pid,
    state: status.state,
    written_at: new Date().toISOString(),
    uptime_seconds: secondsSince(status.startedAt),
    max_agents: settings.maxAgents,
    finished: status.finished,
    released: status.released,
    blocked: status.blocked,
    paused: paused === null ? null : { why: paused.why, seconds: Math.round(paused.remainingMs / 1_000) },
    last_failure: status.lastFailure,
    runs: status.runs.map(({ agent, task, title, step, latest, since }) => ({ agent, task, title, step, seconds: secondsSince(since), latest })),
  };
}

function secondsSince(moment: number): number {
  return Math.round((performance.now() - moment) / 1_000);
}
