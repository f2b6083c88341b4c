import { type ChannelCredentials, Client } from '@grpc/grpc-js';
import { ConnectionLost, type HopConnection, openHopConnection } from './hop-connection.ts';

/** The processes of one service, as a gateway reaches them. */
export interface HopPool extends Disposable {
  /** The open stream with the fewest calls on it. Throws `ConnectionLost` when no process can be reached. */
  pick(): HopConnection;
  /** A gRPC client of some reachable process, for a stream of its own. */
  client(): Client;
}

/** How soon a process that went away is tried again: at first at once, then ever later, up to a second. */
const retryMs = [0, 50, 100, 200, 500, 1000];

const channelOptions = {
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.min_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.keepalive_time_ms': 5000,
  'grpc.keepalive_timeout_ms': 2000,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
};

interface Member {
  client: Client;
  connection: HopConnection | null;
  failures: number;
}

/** Keeps a stream to each of `addresses` (`host:port`), and opens it again when it breaks. */
export function createHopPool(addresses: readonly string[], credentials: ChannelCredentials): HopPool {
  const members = addresses.map((address): Member => ({ client: new Client(address, credentials, channelOptions), connection: null, failures: 0 }));
  let closed = false;

  const connect = (member: Member) => {
    if (closed) return;
    const opened = performance.now();
    member.connection = openHopConnection(member.client, () => {
      member.failures = performance.now() - opened > 1000 ? 0 : member.failures + 1;
      member.connection = null;
      setTimeout(() => connect(member), retryMs[Math.min(member.failures, retryMs.length - 1)]).unref();
    });
  };
  members.forEach(connect);

  const open = () => members.filter((member) => member.connection?.open);
  return {
    pick() {
      const connections = open().flatMap(({ connection }) => connection ?? []);
      const best = connections.reduce<HopConnection | null>((least, next) => (least && least.load <= next.load ? least : next), null);
      if (!best) throw new ConnectionLost('no process of the service can be reached');
      return best;
    },
    client() {
      const reachable = open();
      const member = (reachable.length > 0 ? reachable : members)[Math.floor(Math.random() * (reachable.length || members.length))];
      if (!member) throw new ConnectionLost('the service has no address');
      return member.client;
    },
    [Symbol.dispose]() {
      closed = true;
      for (const { client, connection } of members) {
        connection?.close();
        client.close();
      }
    },
  };
}
