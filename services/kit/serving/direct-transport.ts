import { create, type DescMessage, type DescMethod, type DescService, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type ContextValues,
  createContextValues,
  createServiceImplSpec,
  type HandlerContext,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from '@connectrpc/connect';
import { DispatcherError } from './errors.ts';
import type { Router, Routes } from './routes.ts';

/**
 * A transport that calls the handlers in this process. A call passes the same interceptors as a call from outside, but
 * no message is serialized.
 */
export function createDirectTransport(routes: readonly Routes[], interceptors: readonly Interceptor[]): Transport {
  const methods = methodsOf(routes);
  const call = interceptors.reduceRight<Call>(
    (next, interceptor) => interceptor(next),
    (request) => handle(methods, request),
  );
  return {
    async unary(method, signal, _timeoutMs, header, input, values) {
      const message = create(method.input, input);
      const request = { ...callTo(method, signal, header, values), stream: false as const, method, message };
      return (await call(request)) as UnaryResponse<typeof method.input, typeof method.output>;
    },
    async stream(method, signal, _timeoutMs, header, input, values) {
      const message = messages(method.input, input);
      const request = { ...callTo(method, signal, header, values), stream: true as const, method, message };
      return (await call(request)) as StreamResponse<typeof method.input, typeof method.output>;
    },
  };
}

type Call = (request: UnaryRequest | StreamRequest) => Promise<UnaryResponse | StreamResponse>;
type Methods = ReadonlyMap<DescMethod, ReturnType<typeof createServiceImplSpec>['methods'][string]>;

function methodsOf(routes: readonly Routes[]): Methods {
  const methods = new Map<DescMethod, ReturnType<typeof createServiceImplSpec>['methods'][string]>();
  const router: Router = {
    service(service, implementation) {
      for (const spec of Object.values(createServiceImplSpec(service, implementation).methods)) methods.set(spec.method, spec);
    },
  };
  for (const register of routes) register(router);
  return methods;
}

const neverAborted = new AbortController().signal;

function callTo(
  method: DescMethod,
  signal: AbortSignal | undefined,
  header: ConstructorParameters<typeof Headers>[0],
  contextValues: ContextValues | undefined,
) {
  const service: DescService = method.parent;
  return {
    service,
    requestMethod: 'POST',
    url: `direct:///${service.typeName}/${method.name}`,
    signal: signal ?? neverAborted,
    header: header instanceof Headers ? header : new Headers(header),
    contextValues: contextValues ?? createContextValues(),
  };
}

async function handle(methods: Methods, request: UnaryRequest | StreamRequest): Promise<UnaryResponse | StreamResponse> {
  const spec = methods.get(request.method);
  const context = contextOf(request);
  const answer = { service: request.service, header: context.responseHeader, trailer: context.responseTrailer };
  if (spec?.kind === 'unary' && !request.stream) {
    const output = await spec.impl(request.message, context);
    return { ...answer, stream: false, method: request.method, message: create(request.method.output, output) };
  }
  if (spec?.kind === 'server_streaming' && request.stream) {
    const output = spec.impl(await only(request.message), context);
    return { ...answer, stream: true, method: request.method, message: messages(request.method.output, output) };
  }
  throw new DispatcherError('unknown_route', `${request.method.name} is not served here.`);
}

function contextOf(request: UnaryRequest | StreamRequest): HandlerContext {
  return {
    service: request.service,
    method: request.method,
    requestMethod: request.requestMethod,
    url: request.url,
    protocolName: 'direct',
    signal: request.signal,
    timeoutMs: () => undefined,
    requestHeader: request.header,
    responseHeader: new Headers(),
    responseTrailer: new Headers(),
    values: request.contextValues,
  };
}

async function only<T>(items: AsyncIterable<T>): Promise<T> {
  for await (const item of items) return item;
  throw new DispatcherError('invalid_argument', 'The request message is missing.');
}

async function* messages<T extends DescMessage>(schema: T, items: AsyncIterable<MessageInitShape<T>>) {
  for await (const item of items) yield create(schema, item);
}
