import { AuthorizationError, NotFoundError } from '@recursiv/sdk';
import type { Cli } from './cli.ts';
import { everyPage } from './every-page.ts';
import { CliError, exitCodes } from './exit-code.ts';
import { shortIds } from './terminal/short-id.ts';
import { oneLine } from './terminal/terminal-text.ts';

/** With fewer characters a typing error would too easily mean something else. The id of each key begins with `key_`. */
const leastCharacters = { task: 4, key: 8 } as const;
const mostCandidates = 8;

/** Something whose id begins with what a person typed. */
interface Candidate {
  readonly id: string;
  /** Its name for people. */
  readonly name: string;
}

/** Runs an action on the task whose id a person typed, as a whole or only the beginning. */
export function withTask<T>(cli: Cli, typed: string, act: (id: string) => Promise<T>): Promise<T> {
  if (typed.length < leastCharacters.task) return act(typed);
  return withWholeId(cli, typed, act, async () => {
    const dispatcher = await cli.dispatcher();
    // All task ids are slugs. The API refuses anything else as a beginning.
    if (!/^[a-z0-9][a-z0-9._-]{0,127}$/.test(typed)) return [];
    const { data } = await dispatcher.tasks({ id_prefix: typed, limit: mostCandidates + 1 });
    return data.map(({ id, title }) => ({ id, name: title }));
  });
}

/** The same for the id of a key. */
export function withKey<T>(cli: Cli, typed: string, act: (id: string) => Promise<T>): Promise<T> {
  if (typed.length < leastCharacters.key) return act(typed);
  return withWholeId(cli, typed, act, async () => {
    const { keys } = await cli.dispatcher();
    const { data } = await everyPage((cursor) => keys.list({ limit: 200, cursor }));
    return data.filter(({ id }) => id.startsWith(typed));
  });
}

/** A whole id needs no further call: only an id that was not found is looked for. */
async function withWholeId<T>(cli: Cli, typed: string, act: (id: string) => Promise<T>, find: () => Promise<readonly Candidate[]>): Promise<T> {
  try {
    return await act(typed);
  } catch (error) {
    if (!(error instanceof NotFoundError) || error.code !== 'not_found') throw error;
    // A key that may not read gets the error that it would get for a whole id.
    const found = await find().catch((reason: unknown) => Promise.reject(reason instanceof AuthorizationError ? error : reason));
    const [id, ...others] = new Set(found.map((candidate) => candidate.id));
    if (id === undefined) throw error;
    if (others.length > 0)
      throw new CliError(`Several ids begin with "${typed}". Type more of the one you mean:`, exitCodes.usage, listText(cli, found));
    return await act(id);
  }
}

function listText({ printer }: Cli, found: readonly Candidate[]): string {
  const short = shortIds(
    printer,
    found.map(({ id }) => id),
  );
  const lines = found.slice(0, mostCandidates).map(({ id, name }) => `  ${oneLine(short(id))}  ${oneLine(name)}`);
  return [...lines, ...(found.length > mostCandidates ? ['  and others'] : [])].join('\n');
}
