import { createSecureContext } from 'node:tls';
import { readSettingFile } from '../settings/path-settings.ts';
import type { Log } from '../telemetry/log.ts';

/** A certificate with its key, and the authority that must certify the other side. Null when none is set. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | null;
}

/** Certificates that may be renewed while the process runs. After it is disposed, the files are not read again. */
export interface Tls extends Disposable {
  /** The content of the files. It is a new object after each renewal. */
  readonly current: TlsMaterial;
  /** Calls `listener` after each renewal. */
  onRenewed(listener: (material: TlsMaterial) => void): void;
}

/** The paths of the files, with the names of the settings. */
export interface TlsSettings {
  readonly TLS_CERT?: string | undefined;
  readonly TLS_KEY?: string | undefined;
  readonly TLS_CA?: string | undefined;
}

/** How often the files are read. They may be symlinks that are switched, and a file watch does not notice that. */
const lookMs = 5_000;

/**
 * Reads the files of the settings, and reads them again every few seconds. Null when no file is set. Rejects when they
 * do not fit together. A renewal that does not fit is logged and not used.
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
    look().catch((err: unknown) => log.warn({ err }, 'the renewed TLS certificate cannot be used, so the old one stays'));
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
    // Throws when the key does not fit the certificate. That happens between the two writes of a renewal.
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
