import { type DescField, type DescMethod, type DescService, getOption, hasOption } from '@bufbuild/protobuf';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { http } from '@recursiv/proto/gen/google/api/annotations_pb.ts';
import type { HttpRule } from '@recursiv/proto/gen/google/api/http_pb.ts';

/** One REST route to an RPC. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The path in the form of the proto: `/api/v1/dispatcher/tasks/{task_id}`. */
  readonly path: string;
  readonly rpc: DescMethod;
  /** The fields of the request that are in the path. */
  readonly pathFields: readonly DescField[];
  /** Whether the other fields are in a JSON body. Otherwise they are query parameters. */
  readonly hasBody: boolean;
  /** The status of a success. */
  readonly status: 200 | 201;
}

const methods = { get: 'GET', post: 'POST', patch: 'PATCH', delete: 'DELETE' } as const;

/** Every REST route, made from the HTTP annotations of the contract. An RPC without one is only available over gRPC. */
export const routes: readonly Route[] = [TaskService, ClaimService, StatsService, KeyService].flatMap(routesOfService);

/** The methods of all routes at `path`. */
export function methodsAt(path: string): string[] {
  return routes
    .filter((route) => patternOf(route).test(path))
    .map((route) => route.method)
    .sort();
}

function routesOfService(service: DescService): Route[] {
  return service.methods.filter((rpc) => hasOption(rpc, http)).flatMap(routesOfRpc);
}

function routesOfRpc(rpc: DescMethod): Route[] {
  const rule = getOption(rpc, http);
  return [rule, ...rule.additionalBindings].map((binding) => routeOf(rpc, binding));
}

function routeOf(rpc: DescMethod, { pattern, body }: HttpRule): Route {
  if (pattern.case === undefined || pattern.case === 'custom' || pattern.case === 'put') throw new Error(`${rpc.name}: unsupported HTTP rule`);
  if (body !== '' && body !== '*') throw new Error(`${rpc.name}: the body must be the whole message`);
  return {
    method: methods[pattern.case],
    path: pattern.value,
    rpc,
    pathFields: [...pattern.value.matchAll(/\{(\w+)\}/g)].map(([, name]) => fieldNamed(rpc, name)),
    hasBody: body === '*',
    status: rpc.name.startsWith('Create') ? 201 : 200,
  };
}

function fieldNamed(rpc: DescMethod, name: string | undefined): DescField {
  const field = rpc.input.fields.find((candidate) => candidate.name === name);
  if (field?.fieldKind !== 'scalar') throw new Error(`${rpc.name}: ${name} in the path is not a field that can stand there`);
  return field;
}

function patternOf({ path }: Route): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
