import path from 'node:path';

/** Something of an agent's that no commit takes. */
export interface Withheld {
  /** From the top of the worktree, one character a byte. */
  readonly path: string;
  readonly why: string;
}

/** A file that is larger is refused by the hosts people push to. */
export const largestFileBytes = 100 * 1024 * 1024;

/**
 * Names of files that hold keys and tokens. What only shows which settings there are, such as `.env.example`, is
 * none.
 */
const secretName =
  /^(\.env(\..*)?|.*\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|token)|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.pypirc|\.htpasswd|\.git-credentials|(credentials|secrets?|tokens?)\.(json|ya?ml|toml|txt|ini)|client_secret.*\.json|service[-_]account.*\.json)$/i;

const sampleName = /\.(example|sample|template|dist|defaults?)$/i;

/** Whether a file's name looks as if it held a secret. */
export function looksSecret(file: string): boolean {
  const name = path.posix.basename(file);
  return secretName.test(name) && !sampleName.test(name);
}

/**
 * Whether a link leads out of the tree, or into its git folder. Its target counts from its own folder. Steps up are
 * counted at the beginning only: after a name, which may be a link itself, nobody can say where a step up leads.
 */
export function leadsOut(link: string, target: string): boolean {
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const ups = steps.findIndex((step) => step !== '..');
  const rest = ups === -1 ? [] : steps.slice(ups);
  const depth = link.split('/').length - 1;
  const up = ups === -1 ? steps.length : ups;
  return target.startsWith('/') || up > depth || rest.includes('..') || rest.some((step) => step.toLowerCase() === '.git');
}
