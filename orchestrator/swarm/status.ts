import { plainLine, shortened, wrapped } from '../status/fit-text.ts';
import { duration, statusLines } from '../status/status-lines.ts';
import type { StatusReport } from '../status/status-report.ts';
import { lastLogLine } from './last-log-line.ts';
import type { SwarmFolder } from './swarm-folder.ts';
import { memberLog, readMembers } from './swarm-member.ts';

/** A member in `status --json`: its own report, and what is seen from outside. */
export interface MemberStatus extends Omit<StatusReport, 'state'> {
  /** `dead`: it ended without being stopped. The other fields are then from its last report. */
  readonly state: StatusReport['state'] | 'dead';
  /** Seconds since its last report. It writes one every two seconds. */
  readonly silent_seconds: number;
  readonly last_line: string | null;
  readonly log: string;
}

/** What `status --json` prints. */
export interface SwarmStatus {
  readonly folder: string;
  readonly members: readonly MemberStatus[];
}

/** The state of all members. */
export async function swarmStatus(folder: SwarmFolder): Promise<SwarmStatus> {
  const members = (await readMembers(folder)).map(async ({ name, report, isAlive }): Promise<MemberStatus> => {
    const { start_ticks, boot_id, ...told } = report;
    const log = memberLog(folder, name);
    const silentMs = Date.now() - Date.parse(report.written_at);
    return {
      ...told,
      state: isAlive ? report.state : 'dead',
      silent_seconds: Math.max(0, Math.round(silentMs / 1_000)),
      last_line: await lastLogLine(log),
      log,
    };
  });
  return { folder: folder.path, members: await Promise.all(members) };
}

/**
 * JSON without characters that act on a terminal. JSON itself leaves DEL, C1 controls and bidirectional controls
 * unescaped.
 */
export function jsonText(status: SwarmStatus): string {
  const escaped = (character: string) => (character === '\n' ? character : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
  return JSON.stringify(status, null, 2).replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, escaped);
}

/** Even on a busy machine a member writes more often than this. */
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
