import type { ExplainedTask } from '../sql/explain-task.ts';
import type { Reason } from './reasons.ts';

/** A call, in the form of the contract. */
interface NextAction {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  body?: string;
  why: string;
}

/** At most this many of the blocking tasks get an explain call. */
const blockersShown = 3;

const claimBody = '{"agent":"{agent}"}';

/**
 * The calls that tell more about a task for these reasons, or that change something about it. Calls for an admin name
 * the organization, because several organizations may have the same id.
 */
export function nextActionsFor(task: ExplainedTask, reasons: readonly Reason[], isAdmin: boolean): NextAction[] {
  const query = isAdmin ? `?organization_id=${task.organizationId}` : '';
  const pathOf = (id: string, rest = '') => `/api/v1/dispatcher/tasks/${encodeURIComponent(id)}${rest}${query}`;
  const codes = new Set(reasons.map(({ code }) => code));
  const actions: NextAction[] = [];
  const claim = (why: string) => actions.push({ method: 'POST', path: pathOf(task.id, '/claim'), body: claimBody, why });
  const read = (path: string, why: string) => actions.push({ method: 'GET', path, why });

  if (codes.has('held'))
    actions.push({ method: 'PATCH', path: pathOf(task.id), body: '{"held":false}', why: 'Takes it up again, and counts its failed claims from 0.' });
  if (codes.has('blocked')) {
    for (const id of task.blockedBy.slice(0, blockersShown)) read(pathOf(id, '/explain'), `Says where ${id} stands, which it waits for.`);
    read(pathOf(task.id, '/graph'), 'Shows all that it waits for, and all that waits for it.');
  }
  for (const { code, details } of reasons) {
    if (code === 'concurrency_limit')
      read(pathOf(String(details.taskId), '/explain'), `Says where ${details.taskId} stands, which has the concurrency key.`);
  }
  if (codes.has('ready')) claim('Claims it now, before its turn.');
  const isFree = task.status === 'pending' || !task.isLive;
  const mayBeClaimed = isFree && !['ready', 'done', 'archived', 'blocked', 'concurrency_limit'].some((code) => codes.has(code as Reason['code']));
  if (mayBeClaimed) claim('Claims it now anyway.');
  if (codes.has('claimed') || codes.has('done') || codes.has('archived'))
    read(pathOf(task.id, '/activity'), 'Shows what happened to it, and who did it.');
  return actions;
}
