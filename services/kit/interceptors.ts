import type { Interceptor } from '@connectrpc/connect';
import { admission } from './admission.ts';
import { answerErrors } from './answer-errors.ts';
import { type Authenticate, authentication } from './authentication.ts';
import { deadline } from './deadline.ts';
import type { Log } from './log.ts';
import { organizationScope } from './organization-scope.ts';
import { validation } from './validation.ts';

/** No request lasts longer, long polls and streams apart. */
const deadlineMs = 10_000;

/** What stands between every caller and every handler, in this order, however the call arrived. */
export function serviceInterceptors(options: {
  log: Log;
  authenticate: Authenticate;
  /** Turns what a store throws into a failure of the error table. */
  convertError: (thrown: unknown) => unknown;
}): Interceptor[] {
  return [
    answerErrors(options.log, options.convertError),
    deadline(deadlineMs, waitMs),
    authentication(options.authenticate),
    admission((message) => waitMs(message) > 0),
    organizationScope,
    validation(),
  ];
}

/** How long a call asked to be held open, in milliseconds, within what any call may ask for. */
function waitMs(message: unknown): number {
  const { waitSeconds } = message as { waitSeconds?: unknown };
  return typeof waitSeconds === 'number' && waitSeconds > 0 ? Math.min(waitSeconds, 30) * 1000 : 0;
}
