import { setTimeout as delay } from 'node:timers/promises';
import { agentEnvironment } from '../agent/environment.ts';
import { createPrompt, instructionFiles } from '../agent/prompt.ts';
import { type AgentEnd, runAgent } from '../agent/run-agent.ts';
import { addUsage, noUsage } from '../agent/stream-json.ts';
import { fileAt } from '../git/commit.ts';
import { takeBaseline } from '../git/save-work.ts';
import { readBeginning, type TaskRepository, writeBeginning } from '../git/task-repository.ts';
import { unsupported } from '../git/unsupported.ts';
import { nothingVerifies, type VerifyCommands, verifyCommands } from '../verify/commands.ts';
import { runCommand } from '../verify/verify-commit.ts';
import { type ActiveRun, fail, openOutputLog, showStep } from './active-run.ts';
import { prepareWorktree } from './prepare-worktree.ts';
import { saveRun } from './save-run.ts';

/** A daemon that dies again and again in the same run leaves it to somebody else. */
const mostResumptions = 20;

/** Has the agent do one round of the task in its worktree, and commits what it leaves: the run is `built` after it, or has failed. */
export async function build(run: ActiveRun): Promise<void> {
  const { git, clone, settings } = run.context;
  showStep(run, 'worktree');
  const base = `refs/heads/${settings.baseBranch}`;
  const commands = await verifyCommands(git, clone, base, settings);
  if (commands === null) return await fail(run, { reason: 'needs_human', notes: nothingVerifies(settings.baseBranch) });
  const fault = await unsupported(git, clone, base, settings.baseBranch);
  if (fault !== null) return await fail(run, { reason: 'needs_human', notes: fault });
  if (!(await countResumption(run))) return;
  const task = await prepareWorktree(run);
  if (run.file.record.state !== 'building') await run.file.update({ state: 'building' });
  if (!(await setUp(run, task, commands))) return;
  const { end, logFile } = await oneRound(run, task, commands);
  run.log.info({ end: end.how, why: end.why, usage: end.usage }, 'the agent ended');
  const left = await saveRun(run);
  await run.file.update({ usage: addUsage(run.file.record.usage, end.usage) });
  if (end.how === 'aborted' && !run.signal.aborted) return await fail(run, { reason: 'reassigned', notes: `${capitalised(end.why)}.` });
  if (end.how === 'aborted') return;
  if (end.how === 'finished' && left !== null) return await fail(run, { reason: 'needs_human', notes: `${left}\nA person must look at it.` });
  if (end.how === 'finished') return await run.file.update({ state: 'built' });
  await fail(run, { ...(end.how === 'limit' && { reason: 'timeout' }), notes: `${capitalised(end.why)}. Its log is ${logFile}.` });
}

/** Makes a new worktree ready and notes what is in it before the agent begins. Answers whether the agent may begin. */
async function setUp(run: ActiveRun, task: TaskRepository, { setup }: VerifyCommands): Promise<boolean> {
  const { git, clone } = run.context;
  const beginning = await readBeginning(task);
  if (beginning === null) throw new Error(`${task.worktree} is not whole`);
  if (beginning.baseline !== null) return true;
  if (setup !== null) {
    showStep(run, 'setup');
    const end = await runCommand(run, 'setup', setup, task.worktree, run.signal);
    if (end.result === 'failed') await fail(run, { notes: end.why, handoff: end.tail });
    if (end.result !== 'passed') return false;
  }
  await writeBeginning(task, { ...beginning, baseline: await takeBaseline(git, clone, task, beginning.start) });
  return true;
}

/** A state of `building` at the start of a round means that a daemon died in it, unless feedback says that the round is a new one. */
async function countResumption(run: ActiveRun): Promise<boolean> {
  const { state, resumptions, roundBegun } = run.file.record;
  if (state !== 'building' || !roundBegun) return true;
  if (resumptions < mostResumptions) {
    await run.file.update({ resumptions: resumptions + 1, feedback: 'The session before was interrupted. Look at what is there and go on from it.' });
    return true;
  }
  await fail(run, { notes: `The run was interrupted ${resumptions + 1} times.` });
  return false;
}

async function oneRound(run: ActiveRun, task: TaskRepository, commands: VerifyCommands): Promise<{ end: AgentEnd; logFile: string }> {
  const { settings, contain, pause, timings, status, repository } = run.context;
  const { record } = run.file;
  const instructions = await readInstructions(run);
  const acceptance = [...(commands.setup === null ? [] : [commands.setup]), commands.verify];
  await using log = openOutputLog(run, 'agent');
  for (;;) {
    if (pause.current !== null) showStep(run, 'paused');
    await pause.wait(AbortSignal.any([run.signal, run.drain]));
    if (pause.current !== null) return { end: { how: 'aborted', why: 'the daemon stopped while it was paused', usage: noUsage }, logFile: log.file };
    showStep(run, 'agent');
    await run.file.update({ roundBegun: true });
    const end = await runAgent({
      command: settings.agentCommand,
      cwd: task.worktree,
      env: { ...agentEnvironment(settings.environment), ...withoutPushing(repository.originUrl) },
      prompt: createPrompt({ record, baseBranch: settings.baseBranch, acceptance, instructions }),
      run: record.run,
      limitMs: settings.agentTimeoutMs,
      signal: run.signal,
      contain,
      log,
      onLatest: (text) => status.latest(record.run, text),
    });
    if (end.how !== 'unavailable') {
      if (end.how !== 'aborted') pause.worked();
      return { end, logFile: log.file };
    }
    run.log.warn({ why: end.why }, 'the agent could not work');
    pause.couldNotWork(end.why);
    await delay(Math.min(1_000, timings.retryMs), undefined, { signal: run.signal }).catch(() => undefined);
  }
}

/** A push to origin by the agent's git fails: what it made is verified first. It stops accidents, not intent. */
function withoutPushing(originUrl: string): Record<string, string> {
  return {
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'url.agents-do-not-push://.pushInsteadOf',
    GIT_CONFIG_VALUE_0: originUrl,
  };
}

/** From the base, not from the worktree, where an earlier round may have written them. */
async function readInstructions(run: ActiveRun): Promise<{ file: string; text: string }[]> {
  const { git, clone, settings } = run.context;
  const texts = await Promise.all(
    instructionFiles.map(async (file) => ({ file, text: await fileAt(git, clone.place, `refs/heads/${settings.baseBranch}`, file) })),
  );
  return texts.flatMap(({ file, text }) => (text === null ? [] : [{ file, text }]));
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
