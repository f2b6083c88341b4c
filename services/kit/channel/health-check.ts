import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Client, Metadata } from '@grpc/grpc-js';
import {
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '@recursiv/proto/gen/grpc/health/v1/health_pb.ts';

/** A process that does not answer by then does not serve. */
const timeoutMs = 1000;

/** Asks a process by the standard health protocol whether it serves. */
export function isServing(client: Client): Promise<boolean> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (message: Uint8Array) => Buffer.from(message),
      (bytes) => fromBinary(HealthCheckResponseSchema, bytes),
      toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema)),
      new Metadata(),
      { deadline: Date.now() + timeoutMs },
      (_error, answer?: HealthCheckResponse) => resolve(answer?.status === HealthCheckResponse_ServingStatus.SERVING),
    );
  });
}
