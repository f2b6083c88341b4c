import { runProcess } from '../process/run-process.ts';

/** One line of git configuration. */
export type GitSetting = readonly [key: string, value: string];

/** What our git keeps of the user's own configuration: who commits, how the remote is reached, what is never committed. */
const kept = /^(user\.(name|email)|credential\..*|url\..*|https?\..*|ssh\..*|core\.(sshcommand|excludesfile)|safe\.directory)$/s;

/** Of the repository's own file, which an agent can write, only what runs no program. */
const keptOfRepository = /^(user\.(name|email)|http\..*)$/s;

/** Reads the settings once, at start, so that what is planted later does not count. */
export async function readUserSettings(gitDir: string, environment: Readonly<Record<string, string>>): Promise<GitSetting[]> {
  const read = (scope: string) => listScope(scope, { ...environment, GIT_DIR: gitDir });
  const [system, global, local] = await Promise.all([read('--system'), read('--global'), read('--local')]);
  return [
    ...system.filter(([key]) => kept.test(key)),
    ...global.filter(([key]) => kept.test(key)),
    ...local.filter(([key]) => keptOfRepository.test(key)),
  ];
}

async function listScope(scope: string, env: Readonly<Record<string, string>>): Promise<GitSetting[]> {
  const chunks: Buffer[] = [];
  await runProcess({
    command: ['git', 'config', scope, '--null', '--includes', '--list'],
    cwd: '/',
    env,
    limitMs: 10_000,
    onOutput: (chunk, from) => {
      if (from === 'stdout') chunks.push(chunk);
    },
  });
  // A scope without a file is an error of git's and an empty list of ours.
  return Buffer.concat(chunks)
    .toString()
    .split('\0')
    .filter((line) => line !== '')
    .map((line): GitSetting => {
      const cut = line.indexOf('\n');
      return cut === -1 ? [line, 'true'] : [line.slice(0, cut), line.slice(cut + 1)];
    });
}
