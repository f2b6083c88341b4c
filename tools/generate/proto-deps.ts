import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { protoText } from './proto-text.ts';

const require = createRequire(import.meta.url);
const packageFolder = (name: string): string => dirname(require.resolve(`${name}/package.json`));

/**
 * Copies the protos that ours import into `folder`, from the npm packages that contain them, so that git has no copy of
 * them.
 */
export function layProtoDeps(folder: string): void {
  const sources: Record<string, string> = {
    'google/api/annotations.proto': join(packageFolder('protobufjs'), 'google/api/annotations.proto'),
    'google/api/http.proto': join(packageFolder('protobufjs'), 'google/api/http.proto'),
    'grpc/health/v1/health.proto': join(packageFolder('grpc-health-check'), 'proto/health/v1/health.proto'),
    'grpc/reflection/v1/reflection.proto': join(packageFolder('@grpc/reflection'), 'build/proto/grpc/reflection/v1/reflection.proto'),
    'grpc/reflection/v1alpha/reflection.proto': join(packageFolder('@grpc/reflection'), 'build/proto/grpc/reflection/v1alpha/reflection.proto'),
  };
  rmSync(folder, { recursive: true, force: true });
  for (const [target, source] of Object.entries(sources)) cpSync(source, join(folder, target));
  mkdirSync(join(folder, 'buf/validate'), { recursive: true });
  writeFileSync(join(folder, 'buf/validate/validate.proto'), protoText(file_buf_validate_validate));
}
