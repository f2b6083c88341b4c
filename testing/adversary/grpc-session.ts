import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';

/** A bare HTTP/2 connection to the gRPC port, for requests that no client library sends. */
export interface GrpcSession extends Disposable {
  readonly session: ClientHttp2Session;
  /** Begins a call. The caller writes and ends it. */
  begin(path: string, headers?: Readonly<Record<string, string>>): ClientHttp2Stream;
}

/** Connects to the gRPC port at `url`. */
export async function openGrpcSession(url: string): Promise<GrpcSession> {
  const session = connect(url, { peerMaxConcurrentStreams: 10_000 });
  session.on('error', () => undefined);
  await once(session, 'connect');
  return {
    session,
    begin(path, headers = {}) {
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers });
      stream.on('error', () => undefined);
      return stream;
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

/** A gRPC message: its length, then its bytes. `announced` is the length that the header claims. */
export function grpcMessage(message: Uint8Array, announced = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(announced, 1);
  return Buffer.concat([head, message]);
}
