import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Client, Metadata } from '@grpc/grpc-js';
import {
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
} from '@recursiv/proto/gen/grpc/health/v1/health_pb.ts';

/** A process that has not answered after this time counts as not serving. */
const timeoutMs = 1000;

/** Asks a process whether it serves, by the standard health protocol of gRPC. */
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
