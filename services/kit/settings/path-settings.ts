import { access, constants, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SettingsError } from './settings.ts';

/**
 * Makes the folder of a setting and its parents, for this user alone. Does nothing when the folder exists. Throws a
 * `SettingsError` when it cannot be made or written to.
 *
 * It does not use `mkdir` with `recursive`, which never ends on a file system that makes no folders, such as `/proc`.
 */
export async function makeSettingFolder(setting: string, path: string): Promise<void> {
  try {
    for (const folder of await missingFolders(path)) await mkdir(folder, { mode: 0o700 }).catch(unlessItExists);
    // With the dot it is an error when the path is a file.
    await access(`${path}/.`, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw pathFault(setting, path, error, { missing: 'no folder can be made there', advice: 'Choose another folder.' });
  }
}

/** The folders that do not exist, the highest first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = path; !(await exists(folder)); folder = dirname(folder)) missing.unshift(folder);
  return missing;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

function unlessItExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/** Reads the file of a setting. Throws a `SettingsError` when it cannot be read. */
export async function readSettingFile(setting: string, path: string): Promise<Buffer> {
  return await readFile(path).catch((error: unknown) => {
    throw pathFault(setting, path, error, { missing: 'there is no such file', advice: 'Correct the path, or let this user read the file.' });
  });
}

function pathFault(setting: string, path: string, error: unknown, { missing, advice }: { missing: string; advice: string }): SettingsError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = code === 'ENOENT' ? missing : (reasons[code] ?? (error instanceof Error ? error.message : String(error)));
  return new SettingsError([`${setting}=${JSON.stringify(path)} cannot be used: ${reason}. ${advice}`]);
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  ENOTDIR: 'a file is where a folder should be',
  EISDIR: 'it is a folder, not a file',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota of this user is used up',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'its symbolic links lead in a circle',
};
