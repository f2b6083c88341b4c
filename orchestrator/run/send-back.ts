import { type ActiveRun, fail } from './active-run.ts';

/** Why work was not accepted. */
export type Rejection =
  | { readonly kind: 'conflict' | 'markers'; readonly files: readonly string[] }
  | { readonly kind: 'verify'; readonly why: string; readonly tail: string; readonly hung: boolean };

/**
 * Gives work back to the agent that made it: once for a conflict, and for a failed verification as often as there are
 * attempts. After that it gives the task back to the dispatcher.
 */
export async function sendBack(run: ActiveRun, rejection: Rejection): Promise<void> {
  const { settings } = run.context;
  const { stage, round, conflictReturned } = run.file.record;
  const rejected = wordsOf(rejection, settings.baseBranch);
  const mayRetry = stage === 'build' && (rejection.kind === 'conflict' ? !conflictReturned : round < settings.attempts);
  if (!mayRetry) {
    const isTimeout = rejection.kind === 'verify' && rejection.hung && stage === 'build';
    return await fail(run, { notes: rejected.notes, handoff: rejected.feedback, ...(isTimeout && { reason: 'timeout' }) });
  }
  run.log.info({ why: rejected.notes }, 'back to the agent');
  await run.file.update({
    state: 'building',
    round: round + 1,
    roundBegun: false,
    feedback: rejected.feedback,
    conflictReturned: conflictReturned || rejection.kind === 'conflict',
  });
}

interface Words {
  readonly notes: string;
  readonly feedback: string;
}

function wordsOf(rejection: Rejection, baseBranch: string): Words {
  if (rejection.kind === 'verify') return verifyWords(rejection);
  return rejection.kind === 'conflict' ? conflictWords(rejection.files, baseBranch) : markerWords(rejection.files);
}

function markerWords(files: readonly string[]): Words {
  const notes = `The work adds conflict markers (<<<<<<< and >>>>>>>) in:\n${listOf(files)}`;
  return { notes, feedback: `${notes}\n\nResolve each conflict so that both sides keep their meaning, remove the markers, and commit.` };
}

function listOf(files: readonly string[]): string {
  return files
    .slice(0, 50)
    .map((file) => `- ${file}`)
    .join('\n');
}

function conflictWords(files: readonly string[], baseBranch: string): Words {
  const notes = `The work conflicts with the newest ${baseBranch} in:\n${listOf(files)}`;
  return {
    notes,
    feedback: `${notes}\n\nMerge origin/${baseBranch} (already fetched) into this branch, resolve the conflicts so that both sides keep their meaning, and commit.`,
  };
}

function verifyWords({ why, tail }: { why: string; tail: string }): Words {
  return { notes: why, feedback: `${why}\nThe end of its output:\n\n${tail}` };
}
