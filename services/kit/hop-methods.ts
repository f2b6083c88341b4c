import type { DescMethodUnary, DescService } from '@bufbuild/protobuf';

/** How a call of a hop names its method: as in the path of gRPC. */
export const hopMethodName = (method: DescMethodUnary): string => `${method.parent.typeName}/${method.name}`;

/** The methods of `services` that a hop can carry, by those names. */
export function hopMethods(services: readonly DescService[]): Map<string, DescMethodUnary> {
  const methods = services.flatMap((service) => service.methods).filter((method): method is DescMethodUnary => method.methodKind === 'unary');
  return new Map(methods.map((method) => [hopMethodName(method), method]));
}
