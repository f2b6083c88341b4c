import type { Interceptor } from '@connectrpc/connect';
import type { Log } from '../telemetry/log.ts';
import { type DispatcherError, dispatcherErrorFrom, unavailable } from './errors.ts';

/**
 * Converts everything that a handler throws to an error of the table. The cause of an unexpected error goes to the log,
 * with the id of the request.
 */
export function answerErrors(log: Log, convert: (thrown: unknown) => unknown = (thrown) => thrown): Interceptor {
  return (next) => async (request) => {
    const failure = (thrown: unknown): DispatcherError => {
      const error = dispatcherErrorFrom(convert(thrown));
      if (error.reason === 'internal' && request.signal.aborted) return unavailable('The request was broken off.', thrown);
      if (error.reason === 'internal') {
        log.error({ err: error.cause, rpc: request.method.name, request_id: request.header.get('x-request-id') }, 'unexpected error');
      }
      return error;
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: guarded(response.message, failure) } : response;
    } catch (thrown) {
      throw failure(thrown);
    }
  };
}

async function* guarded<T>(messages: AsyncIterable<T>, failure: (thrown: unknown) => DispatcherError): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (thrown) {
    throw failure(thrown);
  }
}
