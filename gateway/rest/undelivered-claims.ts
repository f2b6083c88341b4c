import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isMessage, type Message } from '@bufbuild/protobuf';
import type { Transport } from '@connectrpc/connect';
import type { Log } from '@dispatcher/kit/telemetry/log.ts';
import { ClaimNextTaskResponseSchema, ClaimNextTasksResponseSchema, ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { Claim } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';

/** A client that resets its connection within this time after the answer was written did not read it. */
const resetMs = 1_000;

/** Takes back claims whose answer does not reach the client. */
export interface UndeliveredClaims {
  /** Watches an answer that has these claims. `headers` are those of its call. */
  watch(claims: readonly Claim[], response: ServerResponse, headers: Headers): void;
}

/** The new claims in an answer, the best task first. */
export function claimsIn(answer: Message): Claim[] {
  if (isMessage(answer, ClaimNextTaskResponseSchema)) return answer.data?.claim ? [answer.data.claim] : [];
  if (isMessage(answer, ClaimNextTasksResponseSchema)) return answer.data.flatMap(({ claim }) => claim ?? []);
  return [];
}

/**
 * An answer is undelivered when the client left before it was written or while it was written, or when the client
 * resets the connection with the answer unread. A client that reads the answer and closes the connection sends no
 * reset, and a client that sends its next request over the connection has read the answer.
 */
export function createUndeliveredClaims(server: Server, transport: Transport, log: Log): UndeliveredClaims {
  /** The claims in the last answer on a connection, and when it was written. Null after the next request. */
  const written = new WeakMap<Socket, { at: number; takeBack: () => void } | null>();
  server.on('request', ({ socket }: IncomingMessage) => {
    if (written.get(socket)) written.set(socket, null);
  });
  const watchResets = (socket: Socket) => {
    socket.on('error', () => {
      const last = written.get(socket);
      if (last && performance.now() - last.at < resetMs) last.takeBack();
    });
  };
  /** The first claim has the idempotency key and is the last to go: until then, a repeat gets what is left. */
  const takeBack = async (claims: readonly Claim[], callHeaders: Headers) => {
    const headers = new Headers(callHeaders);
    headers.delete('idempotency-key');
    for (const { taskId, organizationId, claimToken = '' } of claims.toReversed()) {
      await transport
        .unary(ClaimService.method.returnClaim, undefined, undefined, headers, { taskId, organizationId, claimToken })
        .catch((err: unknown) => {
          log.debug({ err, request_id: headers.get('x-request-id') }, 'a claim of a caller who left could not be taken back');
        });
    }
  };
  return {
    watch(claims, response, headers) {
      if (claims.length === 0) return;
      const giveUp = () => void takeBack(claims, headers);
      const { socket } = response;
      if (!socket || socket.destroyed || response.destroyed) return giveUp();
      if (!written.has(socket)) watchResets(socket);
      written.set(socket, { at: performance.now(), takeBack: giveUp });
      response.once('close', () => {
        if (!response.writableFinished) giveUp();
      });
    },
  };
}
