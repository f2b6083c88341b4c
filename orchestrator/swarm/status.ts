import { plainLine, shortened, wrapped } from '../status/fit-text.ts';
import { duration, statusLines } from '../status/status-lines.ts';
import type { StatusReport } from '../status/status-report.ts';
import { lastWords } from './log-tail.ts';
import type { SwarmFolder } from './swarm-folder.ts';
import { memberLog, readMembers } from './swarm-member.ts';

/** A member as `status --json` shows it: its own report, and what is seen from outside. */
export interface MemberStatus extends Omit<StatusReport, 'state'> {
  /** `dead`: it ended without being stopped; the rest is then what it said last. */
  readonly state: StatusReport['state'] | 'dead';
  /** How long ago it wrote its report. It does so every two seconds. */
  readonly silent_seconds: number;
  readonly last_line: string | null;
  readonly log: string;
}

/** What `status --json` prints. */
export interface SwarmStatus {
  readonly folder: string;
  readonly members: readonly MemberStatus[];
}

/** Looks at every member. */
export async function swarmStatus(folder: SwarmFolder): Promise<SwarmStatus> {
  const members = (await readMembers(folder)).map(async ({ name, report, isAlive }): Promise<MemberStatus> => {
    const { start_ticks, boot_id, ...told } = report;
    const log = memberLog(folder, name);
    const silentMs = Date.now() - Date.parse(report.written_at);
    return {
      ...told,
      state: isAlive ? report.state : 'dead',
      silent_seconds: Math.max(0, Math.round(silentMs / 1_000)),
      last_line: await lastWords(log),
      log,
    };
  });
  return { folder: folder.path, members: await Promise.all(members) };
}

/** JSON that a terminal does not act on either: JSON itself leaves DEL, C1 controls and what turns the direction of text as they are. */
export function jsonText(status: SwarmStatus): string {
  const escaped = (character: string) => (character === '\n' ? character : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
  return JSON.stringify(status, null, 2).replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, escaped);
}

/** Longer than a busy machine keeps a member from writing. */
const silenceSeconds = 15;

/** The same for people. No line is wider than the terminal, where there is one. */
export function statusText({ folder, members }: SwarmStatus, columns: number | undefined): string {
  const dead = members.filter(({ state }) => state === 'dead').length;
  const summary =
    members.length === 0
      ? [`No member runs (${folder}). To start: npm run orchestrator:swarm:start`]
      : [
          `${members.length} ${members.length === 1 ? 'member' : 'members'} of ${members[0]?.repository}`,
          ...(dead === 0 ? [] : [`${dead} dead. To replace: npm run orchestrator:swarm:start`]),
        ];
  const ends = summary.flatMap((line) => wrapped(plainLine(line), columns));
  return [...members.flatMap((member) => memberLines(member, columns)), ...ends].join('\n');
}

function memberLines(member: MemberStatus, columns: number | undefined): string[] {
  const { state, silent_seconds: silent, last_line } = member;
  const silence = state !== 'dead' && silent > silenceSeconds ? `  silent for ${duration(silent)}` : '';
  const besides = `  pid ${member.pid}${silence}`;
  const lines = state === 'dead' ? deadLines(member, besides, columns) : statusLines({ ...member, state }, { columns, besides });
  return [...lines, ...(last_line === null ? [] : wrapped(plainLine(`  last line: ${last_line}`), columns))];
}

function deadLines({ member, silent_seconds, runs }: MemberStatus, besides: string, columns: number | undefined): string[] {
  const head = `${member}  DEAD, last seen ${duration(silent_seconds)} ago${besides}`;
  return [
    ...wrapped(plainLine(head), columns),
    ...runs.map(({ task, step, title }) => shortened(plainLine(`  ${task}  was at ${step}  ${title}`), columns)),
  ];
}
