import { runProcess } from '../process/run-process.ts';
import { writeAtomically } from '../record/write-atomically.ts';

/** One line of git configuration. */
export type GitSetting = readonly [key: string, value: string];

/**
 * Settings that say who commits and what a file's bytes are. They run no program, so they count from every file, and
 * task repositories have them too.
 */
const harmless =
  /^(user\.(name|email)|core\.(autocrlf|eol|safecrlf|excludesfile|attributesfile|ignorecase|symlinks|filemode|precomposeunicode|protect(ntfs|hfs)))$/;

/** What else our git keeps of the user's own files: how the remote is reached. */
const ofUser = /^(credential\..*|url\..*|https?\..*|ssh\..*|core\.sshcommand|safe\.directory)$/s;

/** What else it keeps of the repository's own file. */
const ofRepository = /^http\..*$/s;

/** The user's git settings, as far as they are kept. */
export interface UserSettings {
  /** For our own git. */
  readonly all: readonly GitSetting[];
  /** For the repository of a task: what runs no program and holds no secret, with a complete identity. */
  readonly forTasks: readonly GitSetting[];
  /** Who made what an agent left uncommitted. */
  readonly identity: { readonly name: string; readonly email: string };
}

/** Reads the settings once, at start, so that what is planted later does not count. */
export async function readUserSettings(gitDir: string, environment: Readonly<Record<string, string>>): Promise<UserSettings> {
  const read = (scope: string) => listScope(scope, { ...environment, GIT_DIR: gitDir });
  const [system, global, local] = await Promise.all([read('--system'), read('--global'), read('--local')]);
  const all = [
    ...[...system, ...global].filter(([key]) => harmless.test(key) || ofUser.test(key)),
    ...local.filter(([key]) => harmless.test(key) || ofRepository.test(key)),
  ];
  const last = (key: string) => all.findLast(([one, value]) => one === key && value.trim() !== '')?.[1];
  const identity = { name: last('user.name') ?? 'Dispatcher agent', email: last('user.email') ?? 'agent@localhost' };
  const forTasks = all.filter(([key]) => harmless.test(key) && !key.startsWith('user.'));
  return { all, identity, forTasks: [...forTasks, ['user.name', identity.name], ['user.email', identity.email]] };
}

/**
 * Writes the folders that the user calls safe to a file of our own, and answers its path. The git at the other end of
 * a local fetch reads no other settings, and would refuse a repository of another user.
 */
export async function writeGlobalConfig(file: string, settings: readonly GitSetting[]): Promise<string> {
  await writeAtomically(file, configText(settings.filter(([key]) => key === 'safe.directory')));
  return file;
}

/** Settings in the form of a configuration file. */
export function configText(settings: readonly GitSetting[]): string {
  return settings
    .map(([key, value]) => {
      const [section = '', ...rest] = key.split('.');
      const name = rest.pop() ?? '';
      const subsection = rest.length === 0 ? '' : ` ${quoted(rest.join('.'))}`;
      return `[${section}${subsection}]\n\t${name} = ${quoted(value)}\n`;
    })
    .join('');
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
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
