import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { agentEnvironment } from '../agent/environment.ts';
import { createPrompt, instructionFiles } from '../agent/prompt.ts';
import { refusalInWords } from '../agent/read-end.ts';
import { type AgentRound, runAgent } from '../agent/run-agent.ts';
import { addUsage } from '../agent/stream-json.ts';
import type { Refusal } from '../daemon/pause.ts';
import { commitOf, fileAt } from '../git/commit.ts';
import { takeBaseline } from '../git/save-work.ts';
import { unsupported } from '../git/unsupported.ts';
import { taskKey } from '../record/tasks-on-disk.ts';
import { type VerifyCommands, verifyCommands } from '../verify/commands.ts';
import { type CommandResult, runCommand, whyBaseFails } from '../verify/verify-commit.ts';
import { readBeginning, type TaskRepository, writeBeginning } from '../worktree/task-repository.ts';
import { type ActiveRun, fail, openOutputLog, showStep, waitOutPause } from './active-run.ts';
import { faults } from './fault.ts';
import { prepareWorktree } from './prepare-worktree.ts';
import { saveRun } from './save-run.ts';
import { workRefOf } from './task-place.ts';

/** After this many tries the run is given back, and another task shows whether the agent can work. */
const mostTries = 10;

/** How often a run is resumed after its daemon died. After that the run is given back. */
const mostResumptions = 20;

/**
 * Runs the agent for one round of the task in its worktree, and commits its work. After that the run is `built` or has
 * failed.
 */
export async function build(run: ActiveRun): Promise<void> {
  const { git, clone, settings } = run.context;
  showStep(run, 'worktree');
  const base = `refs/heads/${settings.baseBranch}`;
  const commands = await verifyCommands(git, clone, base, settings);
  if (typeof commands === 'string') return await fail(run, { reason: 'needs_human', notes: commands });
  const fault = await unsupported(git, clone, base, settings.baseBranch);
  if (fault !== null) return await fail(run, { reason: 'needs_human', notes: fault });
  if (!(await waitOutPause(run, [run.context.base.pause, run.context.pause]))) return;
  if (!(await countResumption(run))) return;
  const task = await prepareWorktree(run);
  if (run.file.record.state !== 'building') await run.file.update({ state: 'building' });
  if (!(await setUp(run, task, commands))) return;
  const round = await oneRound(run, task, commands);
  if (round === null) return;
  const { end, logFile } = round;
  run.log.info({ end: end.how, fault: end.fault, why: end.why, usage: end.usage }, 'the agent ended');
  const left = await saveRun(run);
  await run.file.update({ usage: addUsage(run.file.record.usage, end.usage), words: cleaned(end.words) });
  if (end.how === 'aborted') return;
  if (end.how !== 'finished')
    return await fail(run, {
      fault: end.fault,
      ...(end.how === 'limit' && { reason: 'timeout' }),
      notes: `${capitalised(end.why)}. Its log is ${logFile}.`,
    });
  if (left !== null) return await fail(run, { reason: 'needs_human', notes: `${left}\nA person must look at it.` });
  const refused = (await hasChanged(run)) ? null : refusalInWords(end.words, Date.now());
  if (refused === null) return await run.file.update({ state: 'built' });
  run.context.pause.couldNotWork({ ...refused, isCertain: true });
  await run.file.update({ roundBegun: false });
}

/** Whether the work differs from the base. */
async function hasChanged(run: ActiveRun): Promise<boolean> {
  const { git, clone, settings } = run.context;
  const words = ['diff', '--quiet', '--no-ext-diff', `refs/heads/${settings.baseBranch}...${workRefOf(run)}`];
  // A base that was rewritten may have no commit in common with the work. The work then differs.
  return (await git(clone.place, words, { accept: [0, 1, 128] })).code !== 0;
}

/** Runs set-up in a new worktree and records its files before the agent begins. True when the agent may begin. */
async function setUp(run: ActiveRun, task: TaskRepository, commands: VerifyCommands): Promise<boolean> {
  const { setup } = commands;
  const { git, clone } = run.context;
  const beginning = await readBeginning(task);
  if (beginning === null) throw new Error(`${task.worktree} is not whole`);
  if (beginning.baseline !== null) return true;
  if (setup !== null) {
    showStep(run, 'setup');
    const end = await runCommand(run, 'setup', setup, task.worktree, run.signal);
    if (end.result === 'failed') await blameSetUp(run, beginning.start, end, commands);
    if (end.result !== 'passed') return false;
  }
  await writeBeginning(task, { ...beginning, baseline: await takeBaseline(git, clone, task, beginning.start) });
  return true;
}

/**
 * Finds the cause of a failed set-up. When set-up also fails on the base, that is not the work's fault. The run then
 * waits, and begins again after the pause.
 */
async function blameSetUp(run: ActiveRun, start: string, end: CommandResult & { result: 'failed' }, commands: VerifyCommands): Promise<void> {
  const { git, clone, settings, base } = run.context;
  const { baseBranch } = settings;
  const commit = await commitOf(git, clone.place, `refs/heads/${baseBranch}`);
  if (commit === start) return void base.fails(`the set-up of ${baseBranch} fails: ${end.why}`);
  if (commit !== null && (await whyBaseFails(run, commit, commands)) !== null) return;
  if (!run.signal.aborted) await fail(run, { notes: end.why, handoff: end.tail });
}

/**
 * Counts resumptions. The state `building` at the start of a round, without feedback, means that a daemon died in it.
 */
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

/** Runs the agent until it could work. Null when it could not and the run is given back. */
async function oneRound(run: ActiveRun, task: TaskRepository, commands: VerifyCommands): Promise<{ end: AgentRound; logFile: string } | null> {
  const { settings, contain, pause, timings, status, repository } = run.context;
  const { record } = run.file;
  const instructions = await readInstructions(run);
  const acceptance = [...(commands.setup === null ? [] : [commands.setup]), commands.verify];
  await using log = openOutputLog(run, 'agent');
  for (let tries = 1; ; tries++) {
    if (!(await waitOutPause(run, [pause]))) return null;
    showStep(run, 'agent');
    await run.file.update({ roundBegun: true });
    const begun = performance.now();
    const end = await runAgent({
      command: settings.agentCommand,
      cwd: task.worktree,
      env: { ...agentEnvironment(settings.environment, settings.agentEnv), ...withoutPushing(repository.originUrl) },
      prompt: createPrompt({ record, baseBranch: settings.baseBranch, acceptance, instructions }),
      run: record.run,
      limitMs: settings.agentTimeoutMs,
      afterResultMs: timings.afterResultMs,
      signal: run.signal,
      contain,
      log,
      onLatest: (text) => status.latest(record.run, text),
    });
    const refusal = refusalOf(run, end, performance.now() - begun);
    if (refusal === null) return { end, logFile: log.file };
    run.log.warn({ fault: end.fault, why: refusal.why }, 'the agent could not work');
    pause.couldNotWork(refusal);
    if (tries >= mostTries) {
      await fail(run, { fault: 'machine', notes: `${capitalised(refusal.why)}. Its log is ${log.file}.` });
      return null;
    }
    await delay(Math.min(1_000, timings.retryMs), undefined, { signal: run.signal }).catch(() => undefined);
  }
}

/** Why the daemon must pause: by the table of faults, or because several tasks ended alike. Null when it need not. */
function refusalOf(run: ActiveRun, end: AgentRound, tookMs: number): Refusal | null {
  const { pause } = run.context;
  if (end.how !== 'finished' && faults[end.fault].pauses) return { why: end.why, isCertain: end.fault === 'model', until: end.until };
  if (end.how === 'finished') pause.endedWell();
  if (end.how !== 'failed') return null;
  pause.worked();
  const words = end.words.replace(/[0-9a-f]{6,}|\d+/gi, '#').slice(-300);
  const isAlike = pause.isAlike({ task: taskKey(run.file.record.task), signature: `${end.why}\n${words}`, tookMs });
  return isAlike ? { why: `several tasks in a row ended at once in the same way: ${end.why}`, isCertain: true } : null;
}

/**
 * Makes a push to origin by the agent's git fail, because work is verified first. It prevents accidents, not attacks.
 */
function withoutPushing(originUrl: string): Record<string, string> {
  return {
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'url.agents-do-not-push://.pushInsteadOf',
    GIT_CONFIG_VALUE_0: originUrl,
  };
}

/** Reads the instructions from the base and not from the worktree, where an earlier round may have changed them. */
async function readInstructions(run: ActiveRun): Promise<{ file: string; text: string }[]> {
  const { git, clone, settings } = run.context;
  const texts = await Promise.all(
    instructionFiles.map(async (file) => ({ file, text: await fileAt(git, clone.place, `refs/heads/${settings.baseBranch}`, file) })),
  );
  return texts.flatMap(({ file, text }) => (text === null ? [] : [{ file, text }]));
}

/** The words of an agent without control characters, and cut. */
function cleaned(words: string): string {
  return stripVTControlCharacters(words)
    .replace(/(?![\n\t])\p{Cc}/gu, '')
    .trim()
    .slice(-4_000);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
