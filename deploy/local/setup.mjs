// Installs the packages that the other scripts need. It is plain JavaScript, because it runs on whatever Node the
// machine has. The install brings the right version.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const stampPath = join(root, 'node_modules/.installed');
const pnpm = 'pnpm@12.21.0';

const stamp = wantedStamp();
if (installedStamp() !== stamp) {
  install();
  writeFileSync(stampPath, stamp);
}

/** Changes whenever another install is needed. */
function wantedStamp() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${root}`);
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, name)));
  return hash.digest('hex');
}

function installedStamp() {
  return existsSync(stampPath) && existsSync(join(root, 'node_modules/.bin/node')) ? readFileSync(stampPath, 'utf8') : undefined;
}

function install() {
  if (Number.parseInt(process.versions.node, 10) < 20) fail(`Node ${process.versions.node} is too old to install with: 20 is the oldest that works.`);
  console.error('Installing dependencies, once until they change …');
  const args = ['-y', pnpm, 'install', '--frozen-lockfile', '--config.confirm-modules-purge=false'];
  const { status, error } = spawnSync('npx', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0)
    fail(`The install failed${error ? ` (${error.message})` : ''}. Its reason stands above; once that is gone, the same command tries again.`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
