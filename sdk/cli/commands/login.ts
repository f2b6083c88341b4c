import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Recursiv } from '@recursiv/sdk';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Cli } from '../cli.ts';
import { CliError } from '../exit-code.ts';
import { type Login, saveLogin } from '../login-file.ts';
import { readSecret } from '../terminal/read-secret.ts';

const local = z.object({ url: z.string(), api_key: z.string(), admin_key: z.string() });

/** `dispatcher login`: saves the URL and the key for all other commands. */
export function addLoginCommand(program: Command, cli: Cli): void {
  program
    .command('login')
    .description('Save the URL and your key in your config folder (mode 600). Asks for the key, or reads it from standard input.')
    .option('--local [folder]', 'read both from the data folder of a dispatcher on this machine (.dispatcher)')
    .option('--admin', 'with --local: the admin key instead of the organization’s')
    .addHelpText('after', '\nExamples:\n  $ dispatcher login --local\n  $ dispatcher login --url https://dispatcher.example/api/v1 < key.txt')
    .action(async (flags: { local?: string | true; admin?: boolean }) => {
      const { url } = program.opts<{ url?: string }>();
      const login = flags.local === undefined ? await askedLogin(cli, url) : await localLogin(flags.local, flags.admin === true);
      // A key that does not work is not saved.
      await new Recursiv({ apiKey: login.api_key, baseUrl: login.base_url }).dispatcher.stats();
      await saveLogin(cli.environment.loginFile, login);
      cli.printer.note(`Logged in to ${login.base_url}. Saved in ${cli.environment.loginFile}.`);
    });
}

async function askedLogin(cli: Cli, url: string | undefined): Promise<Login> {
  const base_url = url ?? cli.environment.baseUrl ?? 'http://localhost:3000/api/v1';
  const api_key = await readSecret(`Key for ${base_url}: `, cli.stopSignal());
  return { base_url, api_key };
}

/** Reads the file that `npm start` writes for programs on the same machine. */
async function localLogin(folder: string | true, isAdmin: boolean): Promise<Login> {
  const path = join(folder === true ? '.dispatcher' : folder, 'credentials.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) throw new CliError(`${path} cannot be read. Run this where \`npm start\` runs, or give --local its data folder.`);
  const found = local.safeParse(JSON.parse(text));
  if (!found.success) throw new CliError(`${path} is not a file that \`npm start\` has written. Give --local the data folder of a dispatcher.`);
  return { base_url: `${found.data.url}/api/v1`, api_key: isAdmin ? found.data.admin_key : found.data.api_key };
}
