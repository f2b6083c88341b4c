const name = 'grpc-message';

/**
 * Writes the message of a gRPC status as the protocol says: only `%` and what is not printable ASCII is
 * percent-encoded. Connect also encodes marks such as `:`, and most gRPC clients then show the encoded form.
 */
export function writeGrpcMessage(headers: Headers | undefined): void {
  const encoded = headers?.get(name);
  if (!encoded) return;
  headers?.set(
    name,
    decodeURIComponent(encoded).replace(/[^\x20-\x24\x26-\x7e]+/g, (text) => encodeURIComponent(text)),
  );
}
