import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, headers, type NatsConnection, type Subscription } from 'nats';
import type { EventBus } from './event-bus.ts';
import type { Log } from './log.ts';

/** How long a flush may take before the server counts as gone. */
const flushTimeoutMs = 2000;

/** How often a server that has never answered is tried. One that answered once is found again by the client itself. */
const firstConnectMs = 500;

interface Subscriber {
  readonly subject: string;
  readonly listener: (payload: Uint8Array, subject: string) => void;
}

/** Carries messages over NATS. Works without the server: it is looked for until it is there, and what is published meanwhile is dropped, not stored up. */
export function createNatsBus(servers: string, log: Log): EventBus {
  const subscriptions = new Map<Subscriber, Subscription | null>();
  const closing = new AbortController();
  let connection: NatsConnection | null = null;
  let connected = false;

  const start = async (): Promise<void> => {
    const made = await connectPatiently(servers, log, closing.signal);
    if (!made) return;
    connection = made;
    connected = true;
    for (const subscriber of subscriptions.keys()) subscriptions.set(subscriber, listen(made, subscriber, log));
    for await (const { type } of made.status()) {
      if (type !== 'disconnect' && type !== 'reconnect') continue;
      connected = type === 'reconnect';
      log.warn({ connected }, 'NATS connection');
    }
  };
  const ended = start();
  /** A closed connection throws at whoever publishes; and some commit may still want to be told while the process stops. */
  const live = () => (connected && !closing.signal.aborted ? connection : null);

  return {
    get connected() {
      return live() !== null;
    },
    publish(subject, payload, id) {
      const open = live();
      if (!open) return;
      const messageHeaders = headers();
      if (id !== undefined) messageHeaders.set('Nats-Msg-Id', id);
      open.publish(subject, payload, { headers: messageHeaders });
    },
    subscribe(subject, listener) {
      const subscriber = { subject, listener };
      subscriptions.set(subscriber, connection && listen(connection, subscriber, log));
      return {
        [Symbol.dispose]: () => {
          subscriptions.get(subscriber)?.unsubscribe();
          subscriptions.delete(subscriber);
        },
      };
    },
    async flush() {
      const open = live();
      if (!open) throw new Error('NATS is not connected');
      await within(flushTimeoutMs, open.flush());
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await connection?.close();
      // While the client looks for a server that has gone, its statuses do not end with it.
      if (!connection) await ended;
    },
  };
}

async function connectPatiently(servers: string, log: Log, signal: AbortSignal): Promise<NatsConnection | null> {
  const options = optionsFrom(servers);
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const made = await connect(options);
      if (!signal.aborted) return made;
      await made.close();
    } catch (err) {
      if (attempt === 1) log.warn({ err }, 'NATS does not answer; events wait for it');
      await sleep(firstConnectMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}

/** A user and password may stand in the URL, as for PostgreSQL; the client takes them apart from it. */
function optionsFrom(servers: string): ConnectionOptions {
  const urls = servers.split(',').map((text) => new URL(text));
  const { username, password } = urls[0] ?? { username: '', password: '' };
  return {
    servers: urls.map((url) => `${url.protocol}//${url.host}`),
    ...(username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : {}),
    name: 'dispatcher',
    timeout: 2000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 2000,
    maxPingOut: 2,
  };
}

/** Anybody may publish on a subject, and what a listener throws would end the whole connection. */
function listen(connection: NatsConnection, { subject, listener }: Subscriber, log: Log): Subscription {
  return connection.subscribe(subject, {
    callback: (error, message) => {
      if (error) return;
      try {
        listener(message.data, message.subject);
      } catch (err) {
        log.warn({ err, subject: message.subject }, 'a message that nobody could take');
      }
    },
  });
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
