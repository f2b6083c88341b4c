import { AuthenticationError, ConnectionError, RecursivError } from '@recursiv/sdk';
import { compact, dataText } from './data-text.ts';

const nextSteps: Readonly<Record<string, string>> = {
  already_claimed: 'Another agent holds this task. Leave it and take another with claim_next_task.',
  not_claimed: 'Nobody holds this task. Claim it with claim_task before you go on; if that fails, leave it.',
  claim_lost: 'Your claim is over and another agent may be at work on this task. Stop working on it. To go on, claim it again with claim_task first.',
  already_done: 'The task is done. There is nothing more to do for it; take another with claim_next_task.',
  archived: 'The task is archived and takes no more work. Take another with claim_next_task.',
  blocked: 'This task waits for others, which are in details. Leave it and take another with claim_next_task.',
  concurrency_limit: 'Another task with the same concurrency key is at work. Leave this one and take another with claim_next_task.',
  dependency_cycle: 'The tasks in details would wait for each other. Leave one of them out of depends_on.',
  duplicate_id: 'A task with this id exists. Look at it with get_task, or create yours under another id.',
  ambiguous_id: 'The id exists in several organizations. Ask the person to set RECURSIV_ORGANIZATION_ID for this server.',
  not_found: 'There is no such task. Look at the ids with list_tasks.',
  insufficient_scopes: 'The key of this server may not do this. Ask the person for a key with the scope dispatcher:write.',
  forbidden: 'The key of this server may not do this. Tell the person.',
};

/**
 * Says what went wrong and what to do next, so that a model can act on it. The dispatcher's own words may quote foreign
 * text, so they are marked as data.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof RecursivError)) return 'The tool failed for a reason of its own. Try once more, then tell the person.';
  return dataText(`${error.code}: ${nextStep(error)}`, compact({ message: error.message, details: error.details }));
}

function nextStep(error: RecursivError): string {
  const known = nextSteps[error.code];
  if (known !== undefined) return known;
  if (error instanceof AuthenticationError) return 'The key of this server is not accepted. Ask the person to set a valid RECURSIV_API_KEY.';
  if (error instanceof ConnectionError) return 'The dispatcher cannot be reached now. Go on with what you hold and try again in a minute.';
  if (error.status === 429 || error.status >= 500) return 'The dispatcher is busy or restarting. Go on with what you hold and try again in a minute.';
  return 'Correct the arguments and call the tool again.';
}
