import path from 'node:path';
import { takeMember } from '../claim/member.ts';
import { PreflightError, requireRepository } from '../daemon/preflight.ts';
import { startSummary, summaryLines } from '../daemon/start-summary.ts';
import type { SwarmSettings } from './config.ts';
import { lockSwarm } from './lock-swarm.ts';
import { type StartOutcome, startMember } from './start-member.ts';
import type { SwarmFolder } from './swarm-folder.ts';
import { memberLog, readMembers, removeMember, type SwarmMember } from './swarm-member.ts';

/** The swarm cannot be started. The message says why. */
export class SwarmStartError extends Error {
  override readonly name = 'SwarmStartError';
}

/** Prints a line for the person who runs the command. */
export type Say = (line: string) => void;

/**
 * Starts the members that are missing, and waits until they take tasks. Throws a `SwarmStartError` when one cannot
 * start.
 */
export async function startSwarm(folder: SwarmFolder, settings: SwarmSettings, say: Say): Promise<void> {
  await using _lock = await lockSwarm(folder, say);
  const { repository, faults } = await requireRepository(settings.member);
  if (faults.length > 0) throw new PreflightError(faults);
  const members = await readMembers(folder);
  refuseOtherRepository(folder, members, repository.dir);
  const running = await sayWhatIsThere(folder, members, say);
  const missing = settings.count - running.length;
  if (missing < 0) say(tooMany(running, settings.count));
  if (missing > 0) say(['Each new member:', ...summaryLines(startSummary(settings.member, repository))].join('\n'));
  const start = async () => {
    const taken = await takeMember(path.join(settings.member.stateDir, 'locks'), settings.member.agentPrefix);
    await using _handedOver = taken.lock;
    return sayOutcome(folder, await startMember(folder, settings.member, repository.dir, taken), say);
  };
  // All members would fail for the same reason, so the first one starts alone.
  if (missing > 0 && !(await start())) throw new SwarmStartError('The swarm is not complete.');
  const rest = await Promise.all(Array.from({ length: Math.max(0, missing - 1) }, start));
  if (rest.includes(false)) throw new SwarmStartError('The swarm is not complete.');
}

function refuseOtherRepository(folder: SwarmFolder, members: readonly SwarmMember[], repository: string): void {
  const other = members.find(({ isAlive, report }) => isAlive && report.repository !== repository);
  if (other === undefined) return;
  throw new SwarmStartError(
    `A swarm of ${other.report.repository} runs in ${folder.path}. Stop it, or name another folder for the swarm of ${repository} in ORCH_SWARM_DIR.`,
  );
}

/** Prints the state of each member, and answers those that run. Members that stop or have died do not count. */
async function sayWhatIsThere(folder: SwarmFolder, members: readonly SwarmMember[], say: Say): Promise<SwarmMember[]> {
  const running: SwarmMember[] = [];
  for (const member of members) {
    const { name, report, isAlive } = member;
    if (!isAlive) {
      say(`${name} has died (pid ${report.pid}); its log is ${memberLog(folder, name)}`);
      await removeMember(folder, member);
    } else if (report.state === 'draining' || report.state === 'stopping') {
      say(`${name} is stopping (pid ${report.pid}) and does not count`);
    } else {
      say(`${name} already runs (pid ${report.pid})`);
      running.push(member);
    }
  }
  return running;
}

function tooMany(running: readonly SwarmMember[], count: number): string {
  const names = running.slice(count).map(({ name }) => name);
  return `More members run than ORCH_SWARM_COUNT=${count}. To stop the others: npm run orchestrator:swarm:stop -- ${names.join(' ')}`;
}

/** Prints how a start ended. False when the member is not ready. */
function sayOutcome(folder: SwarmFolder, outcome: StartOutcome, say: Say): boolean {
  const { name } = outcome;
  if (outcome.how === 'ready') say(`${name} has started (pid ${outcome.pid})`);
  if (outcome.how === 'slow') say(`${name} (pid ${outcome.pid}) is not ready yet, and still starts; its log is ${memberLog(folder, name)}`);
  if (outcome.how !== 'failed') return outcome.how === 'ready';
  const said = outcome.said.trimEnd().split('\n').slice(-20);
  const how = outcome.code === null ? 'was killed' : `exit code ${outcome.code}`;
  say([`${name} could not start (${how}); its log is ${memberLog(folder, name)}`, ...said.map((line) => `  ${line}`)].join('\n'));
  return false;
}
