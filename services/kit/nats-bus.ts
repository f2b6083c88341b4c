import { connect, headers, type NatsConnection, type Subscription } from 'nats';
import type { EventBus } from './event-bus.ts';
import type { Log } from './log.ts';

/** How long a flush may take before the server counts as gone. */
const flushTimeoutMs = 2000;

/** Carries messages over NATS. Works without the server: it is looked for until it comes back, and what is published meanwhile is dropped, not stored up. */
export function createNatsBus(servers: string, log: Log): EventBus {
  const subscriptions = new Map<Subscriber, Subscription | null>();
  let connection: NatsConnection | null = null;
  let connected = false;
  let closed = false;

  const ready = connect({
    servers: servers.split(','),
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    pingInterval: 5000,
    maxPingOut: 2,
    name: 'dispatcher',
  })
    .then(async (made) => {
      if (closed) return await made.close();
      connection = made;
      connected = true;
      for (const subscriber of subscriptions.keys()) subscriptions.set(subscriber, listen(made, subscriber));
      void follow(made);
    })
    .catch((err: unknown) => log.error({ err }, 'NATS refused the connection'));

  const follow = async (made: NatsConnection) => {
    for await (const status of made.status()) {
      if (status.type === 'disconnect') connected = false;
      if (status.type === 'reconnect') connected = true;
      if (status.type === 'disconnect' || status.type === 'reconnect') log.warn({ status: status.type }, 'NATS connection');
    }
  };

  return {
    get connected() {
      return connected;
    },
    publish(subject, payload, id) {
      if (!connection || !connected) return;
      if (id === undefined) return connection.publish(subject, payload);
      const messageHeaders = headers();
      messageHeaders.set('Nats-Msg-Id', id);
      connection.publish(subject, payload, { headers: messageHeaders });
    },
    subscribe(subject, listener) {
      const subscriber = { subject, listener };
      subscriptions.set(subscriber, connection && listen(connection, subscriber));
      return {
        [Symbol.dispose]: () => {
          subscriptions.get(subscriber)?.unsubscribe();
          subscriptions.delete(subscriber);
        },
      };
    },
    async flush() {
      if (!connection || !connected) throw new Error('NATS is not connected');
      await within(flushTimeoutMs, connection.flush());
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await connection?.close();
      if (connection) await ready;
    },
  };
}

interface Subscriber {
  subject: string;
  listener: (payload: Uint8Array, subject: string) => void;
}

function listen(connection: NatsConnection, { subject, listener }: Subscriber): Subscription {
  return connection.subscribe(subject, { callback: (error, message) => void (error ?? listener(message.data, message.subject)) });
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
