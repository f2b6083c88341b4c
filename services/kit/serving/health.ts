import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import { Health, HealthCheckResponse_ServingStatus as Status } from '@recursiv/proto/gen/grpc/health/v1/health_pb.ts';
import { type Readiness, sharedReadiness } from './readiness.ts';
import type { Routes } from './routes.ts';

/**
 * The standard health service of gRPC. `services` are the names that it knows. The empty name means the whole process.
 */
export function healthRoutes(services: readonly string[], readiness: Readiness): Routes {
  const look = sharedReadiness(readiness);
  const check = async (service: string) => {
    if (service !== '' && !services.includes(service)) return Status.SERVICE_UNKNOWN;
    return (await look()).ready ? Status.SERVING : Status.NOT_SERVING;
  };
  return (router) =>
    router.service(Health, {
      async check({ service }) {
        const status = await check(service);
        if (status === Status.SERVICE_UNKNOWN) throw new ConnectError(`unknown service ${service}`, Code.NotFound);
        return { status };
      },
      async *watch({ service }, { signal }) {
        let last: Status | undefined;
        while (!signal.aborted) {
          const status = await check(service);
          if (status !== last) yield { status };
          last = status;
          await sleep(1000, undefined, { signal }).catch(() => undefined);
        }
      },
    });
}
