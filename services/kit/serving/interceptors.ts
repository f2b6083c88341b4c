import type { Interceptor } from '@connectrpc/connect';
import { admission } from '../admission/admission.ts';
import { type Authenticate, authentication } from '../auth/authentication.ts';
import { organizationScope } from '../auth/organization-scope.ts';
import type { Log } from '../telemetry/log.ts';
import { answerErrors } from './answer-errors.ts';
import { deadline, waitMs } from './deadline.ts';
import { logCalls } from './log-calls.ts';
import { validation } from './validation.ts';

/** The interceptors that every call passes before its handler, in this order, on every transport. */
export function serviceInterceptors(options: {
  log: Log;
  authenticate: Authenticate;
  /** Converts an error of a store to one of the error table. */
  convertError: (thrown: unknown) => unknown;
}): Interceptor[] {
  return [
    logCalls(options.log),
    answerErrors(options.log, options.convertError),
    deadline(),
    authentication(options.authenticate),
    admission((message) => waitMs(message) > 0),
    organizationScope,
    validation(),
  ];
}
