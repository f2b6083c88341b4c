import type { ProcessEnd } from '../process/run-process.ts';
import type { Fault } from '../run/fault.ts';
import type { AgentReport } from './stream-json.ts';

/** How a round of an agent ended. */
export interface AgentEnd {
  readonly how: 'finished' | 'failed' | 'limit' | 'aborted' | 'unavailable';
  /** What happened, in words that begin in lower case. Empty when the agent finished. */
  readonly why: string;
  /** The cause of an end that is not `finished`. */
  readonly fault: Fault;
  /** The model is not available before this time, in milliseconds since 1970. Null when it is unknown. */
  readonly until: number | null;
}

/** The facts about an end. */
export interface EndFacts {
  readonly end: ProcessEnd;
  readonly report: AgentReport;
  /** The end of all its output. */
  readonly tail: string;
  /** The time limit as text. */
  readonly limit: string;
  readonly now: number;
}

/** Messages of providers and their tools that mean that a limit is reached. */
const quotaWords =
  /(usage|rate|session|weekly|spending|request)[ _-]limit (is )?(reached|exceeded|hit)|hit your (usage |session |weekly )?limit|exceed(ed)? your (account |current |organization )?(rate limit|quota)|quota (is )?(exceeded|exhausted)|insufficient_quota|rate_limit_error|too many requests|credit balance is too low|out of (credits|quota)|overloaded_error|\boverloaded\b/i;

/** Messages that mean that the key is unknown, or that somebody must log in again. */
const keyWords =
  /please run \/login|not logged in|invalid (x-)?api[ -]key|incorrect api key|(oauth |access )?token (has |is )?(expired|revoked|invalid)|authentication[ _](error|failed|required)|401 unauthorized|organization has been disabled|permission_error/i;

/** Messages that mean that the model was not reached. */
const networkWords =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b|(connection|network) error|fetch failed|unable to connect|stream disconnected|service unavailable|502 bad gateway|gateway timeout/i;

/** Finds out how an agent ended and why: by the fields that it reported, then by its exit code, then by its words. */
export function readEnd(facts: EndFacts): AgentEnd {
  const { end, report } = facts;
  if (end.how === 'unstartable') return unavailable('machine', `the agent could not start: ${end.reason}`);
  const isDone = report.isFinal && !report.isError;
  if (end.how === 'aborted' && !report.isFinal && !report.isKeyRefused) return { how: 'aborted', why: 'stopped', fault: 'person', until: null };
  const refused = modelRefusal(facts);
  if (end.how === 'limit' && !report.isFinal)
    return refused ?? { how: 'limit', why: `the agent took over ${facts.limit}`, fault: 'work', until: null };
  if (isDone && end.how !== 'exited') return { how: 'finished', why: '', fault: 'work', until: null };
  const code = end.how === 'exited' ? end.code : null;
  if (code === 0 && !report.isError) return { how: 'finished', why: '', fault: 'work', until: null };
  if (refused !== null) return refused;
  if (code === 126 || code === 127) return unavailable('machine', `the agent could not start (exit code ${code})`);
  const signal = end.how === 'exited' ? end.signal : null;
  const why =
    code === 0 || end.how !== 'exited' ? 'the agent reported an error' : `the agent ended with ${code === null ? signal : `exit code ${code}`}`;
  return { how: 'failed', why, fault: 'work', until: null };
}

/** For an agent that ended without an error and changed nothing: whether its words say that the model refused it. */
export function refusalInWords(said: string, now: number): AgentEnd | null {
  const words = said.slice(-2_000);
  const short = words.slice(-300).trim();
  if (keyWords.test(words)) return unavailable('model', `the agent's key was refused: ${short}`);
  if (quotaWords.test(words)) return unavailable('model', `the agent's quota is used up: ${short}`, resetIn(words, now));
  return networkWords.test(words) ? unavailable('model', `the agent did not reach its model: ${short}`) : null;
}

function modelRefusal({ report, tail, now }: EndFacts): AgentEnd | null {
  const said = report.result ?? report.error ?? tail;
  const short = said.slice(-300).trim();
  const { apiStatus } = report;
  const until = report.retryAt ?? resetIn(said, now);
  if (apiStatus === 401 || apiStatus === 403) return unavailable('model', `the agent's key was refused (${apiStatus}): ${short}`);
  if (apiStatus === 402) return unavailable('model', `the agent's quota is used up: ${short}`, until);
  if (apiStatus === 429) return unavailable('model', `the agent's rate limit is reached (429): ${short}`, until);
  if (apiStatus !== null && apiStatus >= 500) return unavailable('model', `the model does not answer (${apiStatus}): ${short}`, until);
  return refusalInWords(said, now);
}

function unavailable(fault: 'machine' | 'model', why: string, until: number | null = null): AgentEnd {
  return { how: 'unavailable', why, fault, until };
}

/** The end of a limit from the words: seconds since 1970 after a bar, or the next time of day. */
function resetIn(words: string, now: number): number | null {
  const epoch = /\|(\d{10})\b/.exec(words)?.[1];
  if (epoch !== undefined) return Number(epoch) * 1_000;
  const [, hour, minute = '0', half] = /resets? (?:at )?(\d{1,2})(?::(\d{2}))? ?([ap]m)/i.exec(words) ?? [];
  if (hour === undefined) return null;
  const reset = new Date(now);
  reset.setHours((Number(hour) % 12) + (half?.toLowerCase() === 'pm' ? 12 : 0), Number(minute), 0, 0);
  return reset.getTime() > now ? reset.getTime() : reset.getTime() + 86_400_000;
}
