import { once } from 'node:events';
import { join } from 'node:path';
import { type ChannelCredentials, type Client, credentials, loadPackageDefinition, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import type { TestServices } from '../../harness/use-services.ts';

/** A gRPC client without Dispatcher's proto files. It learns all services and methods from server reflection. */
export interface StockGrpc extends Disposable {
  /** The services that the servers list. */
  readonly services: readonly string[];
  /** Calls a method with this key in the metadata; null sends none. Rejects with grpc-js's own error. */
  call(method: string, request: object, key?: string | null): Promise<Record<string, unknown>>;
  /** Opens a server stream. */
  open(method: string, request: object, key?: string | null): GrpcStream;
}

/** A server stream in the form of grpc-js. */
interface GrpcStream extends AsyncIterable<Record<string, unknown>> {
  cancel(): void;
}

/**
 * Asks the server for its services by reflection, and creates a client from the answers. With separate processes, it
 * asks the server of each service.
 */
export async function useStockGrpc({ grpcAddressOf }: TestServices, key: string): Promise<StockGrpc> {
  const channel = credentials.createInsecure();
  const known = [TaskService, ClaimService, StatsService, KeyService].map(({ typeName }) => typeName);
  const addresses = [...new Set(known.map(grpcAddressOf))];
  const servers = await Promise.all(addresses.map(async (address) => ({ address, ...(await reflect(address, channel)) })));
  const serverOf = (service: string) => servers.find(({ services }) => services.includes(service));
  const clients = new Map<string, Client>();
  const methodOf = (method: string, request: { service?: unknown }) => {
    const [service = '', name = ''] = method.split('/');
    // The health of a service is asked of the server that serves it.
    const server = (request.service ? serverOf(String(request.service)) : undefined) ?? serverOf(service);
    if (!server) throw new Error(`${service} is not a service that reflection lists`);
    const place = `${service} at ${server.address}`;
    const client = clients.get(place) ?? createClient(server.definition, service, server.address, channel);
    clients.set(place, client);
    const found: unknown = Reflect.get(client, name);
    if (typeof found !== 'function') throw new Error(`${method} is not a method that reflection lists`);
    return found.bind(client) as (...args: unknown[]) => unknown;
  };
  return {
    services: servers.flatMap(({ services }) => services),
    call: (method, request, callKey = key) => {
      const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
      methodOf(method, request)(request, metadataWith(callKey), (error: ServiceError | null, answer: Record<string, unknown>) =>
        error ? reject(error) : resolve(answer),
      );
      return promise;
    },
    open: (method, request, callKey = key) => methodOf(method, request)(request, metadataWith(callKey)) as GrpcStream,
    [Symbol.dispose]() {
      for (const client of clients.values()) client.close();
    },
  };
}

function metadataWith(key: string | null): Metadata {
  const metadata = new Metadata();
  if (key !== null) metadata.set('authorization', `Bearer ${key}`);
  return metadata;
}

/** The reflection proto file from the gRPC package. */
const reflectionProto = join(import.meta.dirname, '../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto');
const loading = { keepCase: true, defaults: false, longs: String };

async function reflect(address: string, channel: ChannelCredentials) {
  const client = createClient(loadSync(reflectionProto, loading), 'grpc.reflection.v1.ServerReflection', address, channel);
  try {
    const { list_services_response: list } = await ask(client, { list_services: '' });
    const services = (list as { service: { name: string }[] }).service.map(({ name }) => name);
    const files = new Map<string, Uint8Array>();
    for (const name of services) {
      const { file_descriptor_response: answer } = await ask(client, { file_containing_symbol: name });
      for (const file of (answer as { file_descriptor_proto: Buffer[] }).file_descriptor_proto) files.set(file.toString('base64'), file);
    }
    return { services, definition: loadFileDescriptorSetFromBuffer(descriptorSet([...files.values()]), loading) };
  } finally {
    client.close();
  }
}

async function ask(client: Client, request: object): Promise<Record<string, unknown>> {
  const open: unknown = Reflect.get(client, 'ServerReflectionInfo');
  if (typeof open !== 'function') throw new Error('the reflection service has no ServerReflectionInfo');
  const call = open.call(client);
  call.write(request);
  const [answer] = await once(call, 'data');
  call.end();
  await once(call, 'end');
  return answer;
}

/** A FileDescriptorSet holds each of its files as bytes in field 1. */
function descriptorSet(files: readonly Uint8Array[]): Buffer {
  return Buffer.concat(files.flatMap((file) => [Buffer.from([0x0a]), varint(file.length), file]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function createClient(definition: PackageDefinition, service: string, address: string, channel: ChannelCredentials): Client {
  let found: unknown = loadPackageDefinition(definition);
  for (const name of service.split('.')) found = (found as Record<string, unknown>)[name];
  return new (found as new (address: string, channel: ChannelCredentials) => Client)(address, channel);
}
