import type { DescService, Message } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { Routes } from '@dispatcher/kit/serving/routes.ts';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';

/** A call that arrived at a service. */
export interface RecordedCall {
  rpc: string;
  message: Record<string, unknown>;
  header: Headers;
  signal: AbortSignal;
}

/** The handler of a test for an RPC. Without one the RPC answers an empty message. */
export type Answer = (message: Message, context: HandlerContext) => Promise<object>;

/** Services for the tests of a gateway. Every RPC records its calls, and answers with the handler in `answers`. */
export function createRecordingServices(answers: Record<string, Answer> = {}): { calls: RecordedCall[]; routes: Routes } {
  const calls: RecordedCall[] = [];
  const implementation = (service: DescService) =>
    Object.fromEntries(
      service.methods
        .filter((rpc) => rpc.methodKind === 'unary')
        .map((rpc) => [
          rpc.localName,
          async (message: Message, context: HandlerContext) => {
            calls.push({ rpc: rpc.name, message: { ...message }, header: context.requestHeader, signal: context.signal });
            return (await answers[rpc.name]?.(message, context)) ?? {};
          },
        ]),
    );
  return {
    calls,
    routes(router) {
      for (const service of [TaskService, ClaimService, StatsService, KeyService]) router.service(service, implementation(service));
    },
  };
}
