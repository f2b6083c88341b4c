import type { Message } from '@bufbuild/protobuf';
import type { Interceptor, StreamRequest, UnaryRequest } from '@connectrpc/connect';

/** An interceptor that reads or changes each request message before the handler. */
export function onRequestMessage(look: (message: Message, request: UnaryRequest | StreamRequest) => void): Interceptor {
  return (next) => (request) => {
    if (!request.stream) {
      look(request.message, request);
      return next(request);
    }
    return next({ ...request, message: each(request.message, (message) => look(message, request)) });
  };
}

async function* each<T>(messages: AsyncIterable<T>, look: (message: T) => void): AsyncIterable<T> {
  for await (const message of messages) {
    look(message);
    yield message;
  }
}
