import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** A fenced block of a Markdown file. */
export interface Snippet {
  /** The language after the fence: `ts`, `sh`, `json`. */
  readonly language: string;
  readonly code: string;
  /** The line of the file on which it begins, so that a reader can find it. */
  readonly line: number;
}

/** The fenced blocks of a Markdown text, in order. */
export function snippetsOf(markdown: string): Snippet[] {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) => ({
    language,
    code,
    line: markdown.slice(0, index).split('\n').length + 1,
  }));
}

/** The exit code of a snippet, and all its output. */
export interface SnippetRun {
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs a `ts` snippet as a module in the package in `folder`, with that package's imports. It gets only these
 * environment variables.
 */
export async function runTypeScript(code: string, folder: string, variables: Readonly<Record<string, string>>): Promise<SnippetRun> {
  return run(process.execPath, ['--input-type=module-typescript', '--eval', code], folder, variables);
}

/** Runs a `sh` snippet in `folder`. It ends at the first command that fails. */
export async function runShell(code: string, folder: string, variables: Readonly<Record<string, string>>): Promise<SnippetRun> {
  return run('/bin/sh', ['-e', '-c', code], folder, variables);
}

async function run(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<SnippetRun> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 });
  const [[code], out, err] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: typeof code === 'number' ? code : null, output: out + err };
}
