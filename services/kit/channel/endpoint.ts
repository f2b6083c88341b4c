import { type ChannelCredentials, type ChannelOptions, Client } from '@grpc/grpc-js';
import type { EndpointAddress } from './addresses.ts';
import { ChannelConnection } from './connection.ts';

/** One process of a service, and a stream to it. The stream is opened again whenever it breaks. */
export interface Endpoint extends Disposable {
  /** The stream. Calls can be made while it is `open`. */
  readonly connection: ChannelConnection;
  /** The client for calls that need their own stream. */
  readonly client: Client;
  /** Opens no new stream to the process. */
  retire(): void;
}

/** The events of an endpoint. */
export interface EndpointEvents {
  onOpen: () => void;
  /** The process cannot be reached any more, or could not be reached the first time. */
  onLost: (reason: Error) => void;
}

/**
 * The waits before a process is tried again: none at first, then longer and longer ones. Each wait varies at random by
 * half, so that the gateways do not all connect at the same time.
 */
const retryMs = [0, 25, 50, 100, 250];

const channelOptions: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 250,
  'grpc.keepalive_time_ms': 2000,
  'grpc.keepalive_timeout_ms': 2000,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
};

/** Keeps a stream open to the process at `address`. Changed credentials are used from the next stream on. */
export function keepEndpoint(
  { target, name }: EndpointAddress,
  credentials: () => ChannelCredentials,
  adminKey: string,
  events: EndpointEvents,
): Endpoint {
  const options = name === null ? channelOptions : { ...channelOptions, 'grpc.ssl_target_name_override': name };
  let used = credentials();
  let client = new Client(target, used, options);
  const retired: Client[] = [];
  let failures = 0;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;

  const connect = (): ChannelConnection => {
    if (credentials() !== used) {
      // Event streams may still run on it.
      retired.push(client);
      used = credentials();
      client = new Client(target, used, options);
    }
    const onOpen = () => {
      failures = 0;
      events.onOpen();
    };
    const onClosed = (reason: Error | null) => {
      if (closed) return;
      if (reason && failures === 0) events.onLost(reason);
      retry = setTimeout(reconnect, delayMs(failures)).unref();
      failures += 1;
    };
    return new ChannelConnection(client, adminKey, { onOpen, onClosed });
  };
  const reconnect = () => {
    connection = connect();
  };
  let connection = connect();

  return {
    get connection() {
      return connection;
    },
    get client() {
      return client;
    },
    retire() {
      closed = true;
      clearTimeout(retry);
    },
    [Symbol.dispose]() {
      closed = true;
      clearTimeout(retry);
      connection.close();
      for (const each of [...retired, client]) each.close();
    },
  };
}

function delayMs(failures: number): number {
  return (retryMs[Math.min(failures, retryMs.length - 1)] ?? 0) * (0.5 + Math.random());
}
