import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** The folder of the repository. */
export const root = join(import.meta.dirname, '..');

/** Runs an installed tool in the repository. Returns everything it printed, or an empty text when it ended with 0. */
export async function runTool(name: string, args: readonly string[]): Promise<string> {
  const { code, output } = await run(join(root, 'node_modules/.bin', name), args);
  return code === 0 ? '' : output || `${name} ended with ${code} and said nothing.`;
}

/** Runs a program in the repository, for at most five minutes. `code` is null after a signal. */
export function run(program: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { cwd: root, maxBuffer: 64 * 1024 * 1024, timeout: 300_000 }, (error, stdout, stderr) => {
      if (error && child.pid === undefined) reject(error);
      else resolve({ code: child.exitCode, output: `${stdout}${stderr}` });
    });
  });
}
