import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DaemonContext } from './context.ts';
import { writeAtomically } from './run/write-atomically.ts';

const everyMs = 2_000;

/** Keeps a file with what the daemon does, for those who look from outside, until the signal comes. */
export async function keepStatusFile(context: DaemonContext, member: string, signal: AbortSignal): Promise<void> {
  const file = path.join(context.state.status, `${member}.json`);
  while (!signal.aborted) {
    // A full disk leaves the last file; the daemon goes on.
    await writeAtomically(file, `${JSON.stringify(statusOf(context, member))}\n`).catch(() => undefined);
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

function statusOf({ status, pause }: DaemonContext, member: string): object {
  const paused = pause.current;
  return {
    member,
    pid: process.pid,
    written_at: new Date().toISOString(),
    uptime_seconds: Math.round((performance.now() - status.startedAt) / 1_000),
    finished: status.finished,
    released: status.released,
    blocked: status.blocked,
    paused: paused === null ? null : { why: paused.why, seconds: Math.round(paused.remainingMs / 1_000) },
    last_failure: status.lastFailure,
    runs: status.runs.map(({ agent, task, title, step, latest }) => ({ agent, task, title, step, latest })),
  };
}
