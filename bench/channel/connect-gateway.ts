import type { Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { gatewaySettings, readGatewaySettings } from '@dispatcher/gateway/config.ts';
import { createGateway } from '@dispatcher/gateway/create-gateway.ts';
import { createRemoteResolveKey } from '@dispatcher/gateway/edge/ask-key-service.ts';
import { createAuthenticate } from '@dispatcher/kit/auth/authentication.ts';
import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';

// A gateway that calls the services with connect-node, one gRPC stream for each call. The channel is compared with it.
const usage = { command: 'node connect-gateway.ts', about: 'Runs a gateway to compare with.', settings: gatewaySettings };

await runMain(usage, async (signal) => {
  const settings = readGatewaySettings();
  const to = (address: string) => createGrpcTransport({ baseUrl: `http://${address}` });
  const transports: Record<string, Transport> = {
    [TaskService.typeName]: to(settings.TASK_SERVICE_ADDRESSES),
    [ClaimService.typeName]: to(settings.CLAIM_SERVICE_ADDRESSES),
    [StatsService.typeName]: to(settings.STATS_SERVICE_ADDRESSES),
    [KeyService.typeName]: to(settings.KEY_SERVICE_ADDRESSES),
  };
  const transportOf = (service: string) => {
    const transport = transports[service];
    if (!transport) throw new Error(`no address for ${service}`);
    return transport;
  };
  const transport: Transport = {
    unary: (method, ...rest) => transportOf(method.parent.typeName).unary(method, ...rest),
    stream: (method, ...rest) => transportOf(method.parent.typeName).stream(method, ...rest),
  };
  const { HOST: host, PORT: port, DISPATCHER_API_KEY: adminKey, LOG_LEVEL } = settings;
  const authenticate = createAuthenticate(adminKey, createRemoteResolveKey(transport));
  const readiness = async () => ({ ready: true, failing: [] });
  await using _gateway = await createGateway({ host, port, transport, authenticate, adminKey, log: createLog(LOG_LEVEL), readiness });
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
});
