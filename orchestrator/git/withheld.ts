import path from 'node:path';

/** A file of an agent that is not committed. */
export interface Withheld {
  /** The path from the top of the worktree. Each character is one byte. */
  readonly path: string;
  readonly why: string;
}

/** The usual git hosts refuse larger files. */
export const largestFileBytes = 100 * 1024 * 1024;

/** Names of files with keys and tokens. An example of settings, such as `.env.example`, does not match. */
const secretName =
  /^(\.env(\..*)?|.*\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|token)|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.pypirc|\.htpasswd|\.git-credentials|(credentials|secrets?|tokens?)\.(json|ya?ml|toml|txt|ini)|client_secret.*\.json|service[-_]account.*\.json)$/i;

const sampleName = /\.(example|sample|template|dist|defaults?)$/i;

/** Whether the name of a file suggests that the file has a secret. */
export function looksSecret(file: string): boolean {
  const name = path.posix.basename(file);
  return secretName.test(name) && !sampleName.test(name);
}

/**
 * Whether a link leads out of the tree, or into the git folder. The target is relative to the folder of the link. Only
 * `..` at the beginning is allowed: after a name, which may be a link itself, nobody knows where `..` leads.
 */
export function leadsOut(link: string, target: string): boolean {
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const ups = steps.findIndex((step) => step !== '..');
  const rest = ups === -1 ? [] : steps.slice(ups);
  const depth = link.split('/').length - 1;
  const up = ups === -1 ? steps.length : ups;
  return target.startsWith('/') || up > depth || rest.includes('..') || rest.some((step) => step.toLowerCase() === '.git');
}
