import { execFileSync } from 'node:child_process';
import { fromBinary } from '@bufbuild/protobuf';
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/**
 * The comments of our protos by full name (`dispatcher.v1.Task.title`), because generated descriptors have no comments.
 * The OpenAPI document and the MCP tools use them as descriptions.
 */
export function protoComments(): Record<string, string> {
  const image = execFileSync('buf', ['build', '--path', 'proto/dispatcher', '-o', '-'], { maxBuffer: 64 * 1024 * 1024 });
  const files = fromBinary(FileDescriptorSetSchema, image).file.filter((file) => file.package.startsWith('dispatcher.'));
  return Object.fromEntries(files.flatMap(commentsOfFile).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function commentsOfFile(file: FileDescriptorProto): [name: string, comment: string][] {
  const names = namesByPath(file);
  return (file.sourceCodeInfo?.location ?? []).flatMap(({ path, leadingComments }) => {
    const name = names.get(path.join('.'));
    const comment = leadingComments.trim().replace(/\s*\n\s*/g, ' ');
    return name === undefined || comment === '' ? [] : [[name, comment]];
  });
}

/**
 * The paths of `google.protobuf.SourceCodeInfo`: the field numbers and indexes on the way down the descriptor. 4 is
 * messages and 2 their fields, 6 is services and 2 their methods.
 */
function namesByPath(file: FileDescriptorProto): Map<string, string> {
  const names = new Map<string, string>();
  const addMessage = (message: DescriptorProto, index: number) => {
    names.set(`4.${index}`, `${file.package}.${message.name}`);
    for (const [field, { name }] of message.field.entries()) names.set(`4.${index}.2.${field}`, `${file.package}.${message.name}.${name}`);
  };
  for (const [index, message] of file.messageType.entries()) addMessage(message, index);
  for (const [index, service] of file.service.entries()) {
    names.set(`6.${index}`, `${file.package}.${service.name}`);
    for (const [method, { name }] of service.method.entries()) names.set(`6.${index}.2.${method}`, `${file.package}.${service.name}.${name}`);
  }
  return names;
}
