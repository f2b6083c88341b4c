import { Recursiv } from '@recursiv/sdk';
import type { Command } from 'commander';
import type { Environment } from './config.ts';
import { CliError } from './exit-code.ts';
import { readLogin } from './login-file.ts';
import type { Printer } from './terminal/printer.ts';
import { jsonText } from './terminal/terminal-text.ts';

/** What each command gets. */
export interface Cli {
  readonly environment: Environment;
  readonly printer: Printer;
  /**
   * Aborted by Ctrl-C, SIGTERM and a closed terminal. For commands that must end something first: after the first call,
   * a signal no longer ends the process.
   */
  stopSignal(): AbortSignal;
  /**
   * The client, set up by flags, then environment, then login. Made only when a command needs it, because help needs no
   * key.
   */
  dispatcher(): Promise<Recursiv['dispatcher']>;
  /** Whether the result is for a program (`--json`). */
  isJson(): boolean;
  /** Prints a result: with --json the value, otherwise the text. */
  print(value: unknown, text: () => string): void;
}

/** The flags of all commands. */
interface GlobalFlags {
  readonly url?: string;
  readonly org?: string;
  readonly json?: boolean;
}

/** Makes what commands get. The flags are read when a command runs. */
export function createCli(program: Command, given: Pick<Cli, 'environment' | 'printer' | 'stopSignal'>): Cli {
  const { environment, printer } = given;
  const flags = () => program.opts<GlobalFlags>();
  const isJson = () => flags().json === true;
  return {
    ...given,
    isJson,
    async dispatcher() {
      const login = environment.apiKey === undefined ? await readLogin(environment.loginFile) : undefined;
      const apiKey = environment.apiKey ?? login?.api_key;
      if (apiKey === undefined) throw new CliError(`There is no API key. Run \`${environment.command} login --local\`, or set RECURSIV_API_KEY.`);
      const { dispatcher } = new Recursiv({
        apiKey,
        baseUrl: flags().url ?? environment.baseUrl ?? login?.base_url,
        organizationId: flags().org ?? environment.organizationId,
      });
      return dispatcher;
    },
    print: (value, text) => printer.line(isJson() ? jsonText(value, 2) : text()),
  };
}
