import type { DescEnum, DescExtension, DescField, DescFile, DescMessage } from '@bufbuild/protobuf';
import { Edition, FieldDescriptorProto_Label, FieldDescriptorProto_Type } from '@bufbuild/protobuf/wkt';

/** The `.proto` text of a proto2 file, from its descriptor: names, numbers and types, without comments and options. */
export function protoText(file: DescFile): string {
  if (file.edition !== Edition.EDITION_PROTO2) throw new Error(`${file.name}: only proto2 files can be printed`);
  return [
    'syntax = "proto2";',
    `package ${file.proto.package};`,
    ...file.proto.dependency.map((name) => `import "${name}";`),
    ...file.enums.map(enumText),
    ...file.messages.map(messageText),
    ...file.extensions.map(extensionText),
  ].join('\n');
}

function messageText(message: DescMessage): string {
  const inOneof = new Set(message.oneofs.flatMap((oneof) => oneof.fields));
  return [
    `message ${message.name} {`,
    ...message.proto.extensionRange.map((range) => `extensions ${range.start} to ${(range.end ?? 0) > 536870911 ? 'max' : (range.end ?? 0) - 1};`),
    ...message.proto.reservedRange.map((range) => `reserved ${range.start} to ${(range.end ?? 0) - 1};`),
    ...message.proto.reservedName.map((name) => `reserved "${name}";`),
    ...message.nestedEnums.map(enumText),
    ...message.nestedMessages.map(messageText),
    ...message.fields.filter((field) => !inOneof.has(field)).map((field) => `${label(field)} ${fieldText(field)}`),
    ...message.oneofs.map((oneof) => `oneof ${oneof.name} {\n${oneof.fields.map(fieldText).join('\n')}\n}`),
    '}',
  ].join('\n');
}

function enumText(desc: DescEnum): string {
  return `enum ${desc.name} {\n${desc.values.map((value) => `${value.name} = ${value.number};`).join('\n')}\n}`;
}

function extensionText(extension: DescExtension): string {
  return `extend .${extension.extendee.typeName} {\n${label(extension)} ${fieldText(extension)}\n}`;
}

function label(field: DescField | DescExtension): string {
  if (field.proto.label === FieldDescriptorProto_Label.REPEATED) return field.fieldKind === 'map' ? '' : 'repeated';
  return field.proto.label === FieldDescriptorProto_Label.REQUIRED ? 'required' : 'optional';
}

function fieldText(field: DescField | DescExtension): string {
  const { typeName, type, name, number } = field.proto;
  const typeText = typeName || FieldDescriptorProto_Type[type ?? 0]?.toLowerCase();
  return `${typeText} ${name} = ${number};`;
}
