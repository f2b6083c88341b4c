import { connect, type IncomingHttpHeaders } from 'node:http2';

/** A gRPC connection for any number of simultaneous unary calls. */
export interface GrpcConnection {
  /** Sends a message to a method and returns the message of the answer. */
  call(path: string, message: Uint8Array): Promise<Uint8Array>;
}

/** Each message begins with one byte that says whether it is compressed, and four bytes with its length. */
const prefixLength = 5;

/**
 * Only the protocol, without retries, deadlines and load balancing. `grpc-js` takes three times the CPU, and the load
 * generator should take little CPU from the server.
 */
export function openGrpcConnection(address: string, key: string): GrpcConnection {
  const session = connect(`http://${address}`);
  session.on('error', () => undefined);
  const common = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers', authorization: `Bearer ${key}` };
  return {
    call(path, message) {
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      const frame = Buffer.alloc(prefixLength + message.length);
      frame.writeUInt32BE(message.length, 1);
      frame.set(message, prefixLength);
      const chunks: Buffer[] = [];
      let status: unknown;
      const read = (headers: IncomingHttpHeaders) => {
        if (headers['grpc-status'] === undefined) return;
        status = headers['grpc-status'] === '0' ? '0' : `${headers['grpc-status']}: ${decodeURIComponent(String(headers['grpc-message']))}`;
      };
      const stream = session.request({ ...common, ':path': path });
      stream.on('response', read);
      stream.on('trailers', read);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('close', () => {
        if (status === '0') resolve(Buffer.concat(chunks).subarray(prefixLength));
        else reject(new Error(`${path} was answered with the gRPC status ${status ?? 'unknown'}`));
      });
      stream.end(frame);
      return promise;
    },
  };
}
