import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** A fenced block of a Markdown file. */
export interface Snippet {
  /** What stands behind the fence: `ts`, `sh`, `json`. */
  readonly language: string;
  readonly code: string;
  /** The line of the file that it begins on, to find it again. */
  readonly line: number;
}

/** The fenced blocks of a Markdown text, in its order. */
export function snippetsOf(markdown: string): Snippet[] {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) => ({
    language,
    code,
    line: markdown.slice(0, index).split('\n').length + 1,
  }));
}

/** How a snippet ended, and all it printed. */
export interface SnippetRun {
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs a `ts` snippet as a module that imports what the package in `folder` can import, with these variables and no
 * others.
 */
export async function runTypeScript(code: string, folder: string, variables: Readonly<Record<string, string>>): Promise<SnippetRun> {
  return run(process.execPath, ['--input-type=module-typescript', '--eval', code], folder, variables);
}

/** Runs a `sh` snippet in `folder`; its first failing command ends it. */
export async function runShell(code: string, folder: string, variables: Readonly<Record<string, string>>): Promise<SnippetRun> {
  return run('/bin/sh', ['-e', '-c', code], folder, variables);
}

async function run(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<SnippetRun> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 });
  const [[code], out, err] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: typeof code === 'number' ? code : null, output: out + err };
}
