import type { DescMethodUnary, DescService } from '@bufbuild/protobuf';

/** The name of a method in a call of a channel. It is the same as in the path of gRPC. */
export const methodName = (method: DescMethodUnary): string => `${method.parent.typeName}/${method.name}`;

/** The methods of `services` that a channel can call, by these names. */
export function channelMethods(services: readonly DescService[]): Map<string, DescMethodUnary> {
  const methods = services.flatMap((service) => service.methods).filter((method): method is DescMethodUnary => method.methodKind === 'unary');
  return new Map(methods.map((method) => [methodName(method), method]));
}
