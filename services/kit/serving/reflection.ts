import { type DescFile, type DescService, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { Health } from '@recursiv/proto/gen/grpc/health/v1/health_pb.ts';
import { ServerReflection, type ServerReflectionRequest } from '@recursiv/proto/gen/grpc/reflection/v1/reflection_pb.ts';
import {
  type ServerReflectionRequest as AlphaRequest,
  ServerReflection as ServerReflectionAlpha,
} from '@recursiv/proto/gen/grpc/reflection/v1alpha/reflection_pb.ts';
import type { Routes } from './routes.ts';

/**
 * Server reflection (v1, and v1alpha for older clients). With it a generic client can call the API without the proto
 * files.
 */
export function reflectionRoutes(services: readonly DescService[]): Routes {
  const all = [...services, Health, ServerReflection, ServerReflectionAlpha];
  const files = filesOf(all);
  const symbols = symbolsOf(files.values());
  const answer = ({ messageRequest: asked }: ServerReflectionRequest | AlphaRequest) => {
    if (asked.case === 'listServices') return listing(all);
    if (asked.case === 'fileByFilename') return descriptors(files.get(asked.value));
    if (asked.case === 'fileContainingSymbol') return descriptors(symbols.get(asked.value));
    return failure(Code.Unimplemented, 'this server has no extensions to reflect');
  };
  return (router) => {
    router.service(ServerReflection, {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) yield { validHost: request.host, originalRequest: request, messageResponse: answer(request) };
      },
    });
    router.service(ServerReflectionAlpha, {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) yield { validHost: request.host, originalRequest: request, messageResponse: answer(request) };
      },
    });
  };
}

function listing(services: readonly DescService[]) {
  return { case: 'listServicesResponse' as const, value: { service: services.map(({ typeName: name }) => ({ name })) } };
}

/** A proto file and all its imports, because a client needs all of them. */
function descriptors(file: DescFile | undefined) {
  if (!file) return failure(Code.NotFound, 'no such file or symbol');
  const needed = [...filesOf([{ file }]).values()];
  return {
    case: 'fileDescriptorResponse' as const,
    value: { fileDescriptorProto: needed.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)) },
  };
}

function failure(errorCode: Code, errorMessage: string) {
  return { case: 'errorResponse' as const, value: { errorCode, errorMessage } };
}

function filesOf(roots: Iterable<{ file: DescFile }>): Map<string, DescFile> {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile) => {
    if (files.has(`${file.name}.proto`)) return;
    files.set(`${file.name}.proto`, file);
    file.dependencies.forEach(add);
  };
  for (const { file } of roots) add(file);
  return files;
}

function symbolsOf(files: Iterable<DescFile>): Map<string, DescFile> {
  const symbols = new Map<string, DescFile>();
  for (const file of files) {
    for (const { typeName } of [...file.services, ...file.messages, ...file.enums]) symbols.set(typeName, file);
    for (const service of file.services) for (const method of service.methods) symbols.set(`${service.typeName}.${method.name}`, file);
  }
  return symbols;
}
