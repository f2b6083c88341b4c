import type { Metadata } from '@grpc/grpc-js';
import { parse } from 'protobufjs';

/** The `google.rpc.ErrorInfo` of a failed call, read from the metadata as any gRPC client reads it. */
export function errorInfoOf({ metadata }: { readonly metadata: Metadata }): Record<string, unknown> {
  const [details] = metadata.get('grpc-status-details-bin');
  if (!(details instanceof Buffer)) throw new Error('the failure has no details');
  const status = root.lookupType('google.rpc.Status').decode(details).toJSON() as { details: { type_url: string; value: string }[] };
  const info = status.details.find(({ type_url }) => type_url.endsWith('/google.rpc.ErrorInfo'));
  if (!info) throw new Error('the failure has no ErrorInfo');
  return root.lookupType('google.rpc.ErrorInfo').decode(Buffer.from(info.value, 'base64')).toJSON();
}

const { root } = parse(
  `syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }`,
  { keepCase: true },
);
