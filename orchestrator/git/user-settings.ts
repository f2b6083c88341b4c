import { runProcess } from '../process/run-process.ts';
import { writeAtomically } from '../record/write-atomically.ts';

/** One line of git configuration. */
export type GitSetting = readonly [key: string, value: string];

/**
 * Settings about the author of commits and the bytes of files. They run no program, so they are accepted from every
 * file, and task repositories have them too.
 */
const harmless =
  /^(user\.(name|email)|core\.(autocrlf|eol|safecrlf|excludesfile|attributesfile|ignorecase|symlinks|filemode|precomposeunicode|protect(ntfs|hfs)))$/;

/** Settings that our git also takes from the user's own files: how to reach the remote. */
const ofUser = /^(credential\..*|url\..*|https?\..*|ssh\..*|core\.sshcommand|safe\.directory)$/s;

/** Settings that our git also takes from the repository's own file. */
const ofRepository = /^http\..*$/s;

/** The user's git settings that Dispatcher uses. */
export interface UserSettings {
  /** The settings for our own git. */
  readonly all: readonly GitSetting[];
  /** The settings for the repository of a task. They run no program, have no secret, and have a complete identity. */
  readonly forTasks: readonly GitSetting[];
  /** The author of work that an agent left uncommitted. */
  readonly identity: { readonly name: string; readonly email: string };
}

/** Reads the settings once at the start, so that later changes by an agent have no effect. */
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
 * Writes the user's `safe.directory` folders to our own file, and returns its path. The git at the other end of a local
 * fetch reads no other settings, and would refuse a repository of another user.
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
  // Git fails for a scope without a file. Here that is an empty list.
  return Buffer.concat(chunks)
    .toString()
    .split('\0')
    .filter((line) => line !== '')
    .map((line): GitSetting => {
      const cut = line.indexOf('\n');
      return cut === -1 ? [line, 'true'] : [line.slice(0, cut), line.slice(cut + 1)];
    });
}
