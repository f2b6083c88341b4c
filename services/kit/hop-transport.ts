import { setTimeout as sleep } from 'node:timers/promises';
import { create, type DescMethodUnary, fromBinary, toBinary } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { StreamResponse, Transport, UnaryResponse } from '@connectrpc/connect';
import type { Answer } from '@recursiv/proto/gen/dispatcher/hop/v1/hop_pb.ts';
import { DispatcherError, type ErrorReason, errorTable, unavailable } from './errors.ts';
import { ConnectionLost } from './hop-connection.ts';
import type { HopPool } from './hop-pool.ts';
import { hopMethodName } from './hop-server.ts';
import { streamOver } from './hop-stream.ts';

/** A call that was safe to make again is made so often in all. */
const attempts = 3;

/** A transport to services in other processes. `poolOf` gives the processes of the service that has a method. */
export function createHopTransport(poolOf: (service: string) => HopPool): Transport {
  return {
    async unary(method, signal, _timeoutMs, header, input, _values) {
      const headers = new Headers(header);
      const call = {
        method: hopMethodName(method),
        metadata: Object.fromEntries(headers),
        message: toBinary(method.input, create(method.input, input)),
      };
      const pool = poolOf(method.parent.typeName);
      const bytes = await repeated(method, headers, signal, async () => resultOf(await pool.pick().call(call, signal)));
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

/** A broken connection leaves open whether a call had an effect, so only what has none, or none twice, is made again. */
async function repeated<T>(method: DescMethodUnary, headers: Headers, signal: AbortSignal | undefined, make: () => Promise<T>): Promise<T> {
  const safe = method.idempotency === IdempotencyLevel.NO_SIDE_EFFECTS || headers.has('idempotency-key');
  for (let attempt = 1; ; attempt++) {
    try {
      return await make();
    } catch (thrown) {
      if (!(thrown instanceof ConnectionLost)) throw thrown;
      if (!safe || attempt === attempts || signal?.aborted)
        throw unavailable('A service does not answer at the moment; repeat the request with the same Idempotency-Key.', thrown);
      await sleep(25 * 2 ** attempt * (0.5 + Math.random()));
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
