import { z } from 'zod';
import type { DaemonContext } from '../daemon/context.ts';
import { longest } from '../daemon/pause.ts';

/** A daemon's report about itself: the JSON of its status file, and of `status --json`. */
export const statusReportSchema = z.object({
  /** Its name. */
  member: z.string(),
  /** The repository it works on. */
  repository: z.string(),
  pid: z.number().int().positive(),
  /** `draining`: it finishes what it has in hand; `stopping`: it gives that back. */
  state: z.enum(['starting', 'running', 'draining', 'stopping']),
  /** When this was written, RFC 3339. */
  written_at: z.string(),
  uptime_seconds: z.number(),
  /** How many agents may work at the same time. */
  max_agents: z.number().int(),
  /** How many tasks it landed or handed over. */
  finished: z.number().int(),
  /** How many tasks it gave back. */
  released: z.number().int(),
  /** Why it begins nothing new, for example a full disk. */
  blocked: z.string().nullable(),
  /** Why it begins nothing new for now, how long it still waits, and until when, RFC 3339. */
  paused: z.object({ why: z.string(), seconds: z.number(), until: z.string() }).nullable(),
  /** The task that it gave back last, and why. */
  last_failure: z.string().nullable(),
  /** The tasks in hand. `latest` is the newest line of the agent's output, `seconds` the time since the step began. */
  runs: z.array(z.object({ agent: z.string(), task: z.string(), title: z.string(), step: z.string(), seconds: z.number(), latest: z.string() })),
});

/** A daemon's report about itself. */
export type StatusReport = Readonly<z.infer<typeof statusReportSchema>>;

/** The report of this daemon, made now. */
export function statusReport({ status, pause, base, surroundings, repository, settings }: DaemonContext, member: string): StatusReport {
  const paused = longest([base.pause, pause, surroundings])?.current ?? null;
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
    paused: paused === null ? null : pauseReport(paused),
    last_failure: status.lastFailure,
    runs: status.runs.map(({ agent, task, title, step, latest, since }) => ({ agent, task, title, step, seconds: secondsSince(since), latest })),
  };
}

function pauseReport({ why, remainingMs }: { readonly why: string; readonly remainingMs: number }): StatusReport['paused'] {
  return { why, seconds: Math.round(remainingMs / 1_000), until: new Date(Date.now() + remainingMs).toISOString() };
}

function secondsSince(moment: number): number {
  return Math.round((performance.now() - moment) / 1_000);
}
