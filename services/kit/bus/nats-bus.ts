import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, headers, type NatsConnection, type Subscription } from 'nats';
import type { Log } from '../telemetry/log.ts';
import type { EventBus } from './event-bus.ts';
import { type NatsSettings, natsOptions } from './nats-settings.ts';

/** How long a flush may take before the server counts as gone. */
const flushTimeoutMs = 2000;

/** How often a server that has never answered is tried. After the first answer the client reconnects by itself. */
const firstConnectMs = 500;

interface Subscriber {
  readonly subject: string;
  readonly listener: (payload: Uint8Array, subject: string) => void;
}

/** The header that says which installation a message belongs to. */
const installationHeader = 'Dispatcher-Installation';

/**
 * Carries messages over NATS. Each subject is below the prefix of the settings. Messages of another installation are
 * ignored. It also opens while the server is away: then it tries to connect until it can, and drops what is published
 * meanwhile. Rejects when the settings name a file that cannot be read.
 */
export async function openNatsBus(settings: NatsSettings, installationId: string, log: Log): Promise<EventBus> {
  return createNatsBus(await natsOptions(settings), { prefix: `${settings.NATS_SUBJECT_PREFIX}.`, installationId, log });
}

interface BusOptions {
  readonly prefix: string;
  readonly installationId: string;
  readonly log: Log;
}

function createNatsBus(connectionOptions: ConnectionOptions, options: BusOptions): EventBus {
  const { prefix, installationId, log } = options;
  const subscriptions = new Map<Subscriber, Subscription | null>();
  const closing = new AbortController();
  let connection: NatsConnection | null = null;
  let connected = false;

  const start = async (): Promise<void> => {
    const made = await connectPatiently(connectionOptions, log, closing.signal);
    if (!made) return;
    connection = made;
    connected = true;
    for (const subscriber of subscriptions.keys()) subscriptions.set(subscriber, listen(made, subscriber, options));
    for await (const { type } of made.status()) {
      if (type !== 'disconnect' && type !== 'reconnect') continue;
      connected = type === 'reconnect';
      log.warn({ connected }, 'NATS connection');
    }
  };
  const ended = start();
  /**
   * Null when messages cannot be sent. A closed connection throws, and a commit may publish while the process stops.
   */
  const live = () => (connected && !closing.signal.aborted ? connection : null);

  return {
    get connected() {
      return live() !== null;
    },
    publish(subject, payload, id) {
      const open = live();
      if (!open) return;
      const messageHeaders = headers();
      messageHeaders.set(installationHeader, installationId);
      if (id !== undefined) messageHeaders.set('Nats-Msg-Id', id);
      open.publish(prefix + subject, payload, { headers: messageHeaders });
    },
    subscribe(subject, listener) {
      const subscriber = { subject, listener };
      subscriptions.set(subscriber, connection && listen(connection, subscriber, options));
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
      // While the client reconnects, the iteration over its statuses does not end when it is closed.
      if (!connection) await ended;
    },
  };
}

async function connectPatiently(options: ConnectionOptions, log: Log, signal: AbortSignal): Promise<NatsConnection | null> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const made = await connect(options);
      if (!signal.aborted) return made;
      await made.close();
    } catch (err) {
      if (attempt === 1) log.warn({ err }, 'NATS does not answer. Events wait for it.');
      await sleep(firstConnectMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}

/** Catches what a listener throws: anybody may publish on a subject, and an error would end the whole connection. */
function listen(connection: NatsConnection, { subject, listener }: Subscriber, { prefix, installationId, log }: BusOptions): Subscription {
  return connection.subscribe(prefix + subject, {
    callback: (error, message) => {
      if (error || message.headers?.get(installationHeader) !== installationId) return;
      try {
        listener(message.data, message.subject.slice(prefix.length));
      } catch (err) {
        log.warn({ err, subject: message.subject }, 'a listener failed on a message');
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
