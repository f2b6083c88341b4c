import {
  create,
  type DescMessage,
  type DescMethodStreaming,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import { type Client, Metadata, type ServiceError } from '@grpc/grpc-js';
import { dispatcherErrorFrom } from '../serving/errors.ts';

/** Makes a server-streaming call with a gRPC client, and yields its messages. It ends when `signal` fires. */
export async function* streamOver<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: DescMethodStreaming<I, O>,
  headers: Headers,
  request: MessageInitShape<I>,
  signal: AbortSignal | undefined,
): AsyncIterable<MessageShape<O>> {
  const metadata = new Metadata();
  for (const [name, value] of headers) metadata.set(name, value);
  const call = client.makeServerStreamRequest(
    `/${method.parent.typeName}/${method.name}`,
    (message: Uint8Array) => Buffer.from(message),
    (bytes) => fromBinary(method.output, bytes),
    toBinary(method.input, create(method.input, request)),
    metadata,
  );
  const cancel = () => call.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    yield* call;
  } catch (thrown) {
    if (signal?.aborted) return;
    throw dispatcherErrorFrom(connectErrorFrom(thrown));
  } finally {
    signal?.removeEventListener('abort', cancel);
    call.cancel();
  }
}

/** grpc-js and Connect number the codes alike. The reason of the error table is in the details. */
function connectErrorFrom(thrown: unknown): unknown {
  const { code, details, metadata } = thrown as Partial<ServiceError>;
  if (code === undefined) return thrown;
  const [status] = metadata?.get('grpc-status-details-bin') ?? [];
  const trailer = new Headers({
    'grpc-status': String(code),
    ...(status instanceof Buffer && { 'grpc-status-details-bin': status.toString('base64') }),
  });
  return findTrailerError(trailer) ?? new ConnectError(details ?? '', code in Code ? (code as number as Code) : Code.Unknown);
}
