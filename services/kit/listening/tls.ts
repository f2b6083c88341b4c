import { createSecureContext } from 'node:tls';
import { readSettingFile } from '../settings/path-settings.ts';
import type { Log } from '../telemetry/log.ts';

/** A certificate with its key, and the authority that others must be certified by; null where none was named. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | null;
}

/** Certificates that may be renewed while the process runs. Disposing it stops looking. */
export interface Tls extends Disposable {
  /** What the files hold now; another object after each renewal. */
  readonly current: TlsMaterial;
  /** Calls `listener` after each renewal. */
  onRenewed(listener: (material: TlsMaterial) => void): void;
}

/** Where they are, as the settings name them. */
export interface TlsSettings {
  readonly TLS_CERT?: string | undefined;
  readonly TLS_KEY?: string | undefined;
  readonly TLS_CA?: string | undefined;
}

/** How often the files are looked at. They may be symlinks that are switched, which no file watch is told of. */
const lookMs = 5_000;

/**
 * Reads the files that are named, and again every few seconds; null when none is. Rejects when they do not fit
 * together; a renewal that does not is logged and left.
 */
export async function watchTls(settings: TlsSettings, log: Log, intervalMs = lookMs): Promise<Tls | null> {
  const { TLS_CERT: cert, TLS_KEY: key, TLS_CA: ca } = settings;
  if (cert === undefined || key === undefined) return null;
  const read = () => readMaterial(cert, key, ca);
  const listeners: ((material: TlsMaterial) => void)[] = [];
  let current = await read();
  const look = async () => {
    const found = await read();
    if (isSame(found, current)) return;
    current = found;
    log.info('the TLS certificate was renewed');
    for (const listener of listeners) listener(found);
  };
  const timer = setInterval(() => {
    look().catch((err: unknown) => log.warn({ err }, 'the TLS certificate cannot be renewed; the old one stays'));
  }, intervalMs);
  timer.unref();
  return {
    get current() {
      return current;
    },
    onRenewed: (listener) => void listeners.push(listener),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

async function readMaterial(certPath: string, keyPath: string, caPath: string | undefined): Promise<TlsMaterial> {
  const [cert, key, ca] = await Promise.all([
    readSettingFile('TLS_CERT', certPath),
    readSettingFile('TLS_KEY', keyPath),
    caPath === undefined ? null : readSettingFile('TLS_CA', caPath),
  ]);
  try {
    // Throws when the key is not the certificate's, as between the two writes of a renewal.
    createSecureContext({ cert, key, ...(ca && { ca }) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new Error(
      `TLS_CERT, TLS_KEY and TLS_CA cannot be used together: ${reason}. Each must be a PEM file, and the key that of the certificate.`,
      {
        cause,
      },
    );
  }
  return { cert, key, ca };
}

function isSame(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.cert.equals(other.cert) && one.key.equals(other.key) && (one.ca === other.ca || (one.ca !== null && other.ca?.equals(one.ca) === true));
}
