import { setTimeout as sleep } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { StreamResponse, Transport, UnaryResponse } from '@connectrpc/connect';
import type { Answer } from '@recursiv/proto/gen/dispatcher/hop/v1/hop_pb.ts';
import { callLimitMs, withinDeadline } from '../serving/deadline.ts';
import { DispatcherError, type ErrorReason, errorTable, unavailable } from '../serving/errors.ts';
import { CallNotSent, type ChannelCall, ConnectionLost } from './connection.ts';
import type { EndpointPool } from './endpoint-pool.ts';
import { methodName } from './method-name.ts';
import { streamOver } from './server-stream.ts';

/** How often a call that can be repeated is made in all. */
const attempts = 3;

/**
 * The largest request. The rules of the contract allow no request that is as large, and a service accepts messages
 * that are a little larger.
 */
const requestMaxBytes = 1000 * 1024;

/** Creates a transport to services in other processes. `poolOf` returns the processes of a service. */
export function createChannelTransport(poolOf: (service: string) => EndpointPool): Transport {
  return {
    async unary(method, signal, _timeoutMs, header, input, _values) {
      const message = create(method.input, input);
      const headers = new Headers(header);
      const call = { method: methodName(method), metadata: Object.fromEntries(headers), message: toBinary(method.input, message) };
      if (call.message.length > requestMaxBytes)
        throw new DispatcherError('body_too_large', `The request is larger than ${requestMaxBytes / 1024} KiB.`);
      const pool = poolOf(method.parent.typeName);
      const safe = method.idempotency === IdempotencyLevel.NO_SIDE_EFFECTS || headers.has('idempotency-key');
      const bytes = await limited(callLimitMs(message), signal, (limit) => makeCall(pool, call, safe, limit));
      return {
        stream: false,
        service: method.parent,
        method,
        header: new Headers(),
        trailer: new Headers(),
        message: fromBinary(method.output, bytes),
      } as UnaryResponse<typeof method.input, typeof method.output>;
    },
    async stream(method, signal, _timeoutMs, header, input, _values) {
      const request = await first(input);
      const message = streamOver(poolOf(method.parent.typeName).client(), method, new Headers(header), request, signal);
      return { stream: true, service: method.parent, method, header: new Headers(), trailer: new Headers(), message } as StreamResponse<
        typeof method.input,
        typeof method.output
      >;
    },
  };
}

/** Runs a call with a signal that fires when its caller leaves, or when the time limit of the call is over. */
async function limited<T>(limitMs: number, signal: AbortSignal | undefined, call: (limit: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const leave = () => limit.abort();
  if (signal?.aborted) leave();
  signal?.addEventListener('abort', leave, { once: true });
  try {
    return await withinDeadline(limitMs, call(limit.signal));
  } finally {
    signal?.removeEventListener('abort', leave);
    leave();
  }
}

/**
 * Makes a call and repeats it where that is safe. After a broken connection nobody knows whether the call had an
 * effect. So it is repeated only when it has no effect, or has it only once. A call that was never sent is always
 * repeated.
 */
async function makeCall(pool: EndpointPool, call: ChannelCall, safe: boolean, signal: AbortSignal): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      return resultOf(await pool.call(call, signal));
    } catch (thrown) {
      if (!(thrown instanceof ConnectionLost || thrown instanceof CallNotSent)) throw thrown;
      const again = safe || thrown instanceof CallNotSent;
      if (!again || attempt === attempts || signal.aborted)
        throw unavailable('A service does not answer at the moment. Repeat the request with the same Idempotency-Key.', thrown);
      await sleep(10 * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

function resultOf({ result }: Answer): Uint8Array {
  if (result.case === 'message') return result.value;
  if (result.case !== 'failure' || !isReason(result.value.reason)) throw new Error('a service answered neither a message nor a known failure');
  throw new DispatcherError(result.value.reason, result.value.message, result.value.info);
}

const isReason = (reason: string): reason is ErrorReason => Object.hasOwn(errorTable, reason);

async function first<T>(items: AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item;
  throw new DispatcherError('invalid_argument', 'The request message is missing.');
}
