import { type ChannelCredentials, type ChannelOptions, Client } from '@grpc/grpc-js';
import type { EndpointAddress } from './addresses.ts';
import { ChannelConnection } from './connection.ts';

/** One process of a service, with a stream to it that is opened again whenever it breaks. */
export interface Endpoint extends Disposable {
  /** The stream; calls can be made while it is `open`. */
  readonly connection: ChannelConnection;
  /** For calls that need a stream of their own. */
  readonly client: Client;
  /** Opens no other stream to it. */
  retire(): void;
}

/** What happens to a member. */
export interface EndpointEvents {
  onOpen: () => void;
  /** It could be reached and cannot any more, or it could not be reached the first time. */
  onLost: (reason: Error) => void;
}

/**
 * How soon a process that went away is tried again: at first at once, then ever later. Each time is spread by half,
 * so that not all gateways come at once.
 */
const retryMs = [0, 25, 50, 100, 250];

const channelOptions: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 250,
  'grpc.keepalive_time_ms': 2000,
  'grpc.keepalive_timeout_ms': 2000,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
};

/** Keeps a stream open to the process at `address`. Credentials that have changed are used from the next stream on. */
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
      // Streams of their own may still run on it.
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
