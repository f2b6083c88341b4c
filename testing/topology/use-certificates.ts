import { spawnSync } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { useFolder } from '../harness/use-folder.ts';

/** A test's certificate authority and a certificate that it issued for `localhost` and 127.0.0.1, as PEM files. */
export interface TestCertificates extends AsyncDisposable {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Replaces the certificate and the key in the same files. */
  renew(): Promise<void>;
}

/** Whether this machine can make certificates. */
export const canMakeCertificates: boolean = spawnSync('openssl', ['version']).status === 0;

/** Makes the authority and the certificate. */
export async function useCertificates(): Promise<TestCertificates> {
  const folder = await useFolder();
  const at = (name: string) => join(folder.path, name);
  make(['-subj', '/CN=test authority', '-keyout', at('ca.key'), '-out', at('ca.pem')]);
  const renew = async () => {
    const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-addext', 'basicConstraints=critical,CA:FALSE'];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    make([...names, ...signed, '-keyout', at('new.key'), '-out', at('new.pem')]);
    await rename(at('new.key'), at('leaf.key'));
    await rename(at('new.pem'), at('leaf.pem'));
  };
  await renew();
  return { cert: at('leaf.pem'), key: at('leaf.key'), ca: at('ca.pem'), renew, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

function make(args: string[]): void {
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const { status, stderr } = spawnSync('openssl', [...kind, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`);
}
