import path from 'node:path';

/** Reads a file of the base. Null when the base does not have it. */
export type ReadFile = (file: string) => Promise<string | null>;

/** A command line, and the folder of the repository in which it runs. */
export interface CommandLine {
  readonly text: string;
  readonly folder: string;
}

/** Programs that run the file in their next argument. */
const interpreter = /^(sh|bash|dash|zsh|ksh|node|bun|deno|tsx|ts-node|python[\d.]*|ruby|perl|php|source|\.|env|exec|time|xargs|sudo|run)$/;

/** Programs that read their commands from a file with a known name. */
const recipes: Readonly<Record<string, readonly string[]>> = {
  make: ['Makefile', 'makefile', 'GNUmakefile'],
  gmake: ['Makefile', 'makefile', 'GNUmakefile'],
  just: ['justfile', 'Justfile', '.justfile'],
};

/** The most scripts of a verification that are read. */
const mostScripts = 200;

/**
 * The files that command lines name, as paths from the top of the repository. Files that the named scripts run are
 * included. `cd` changes the folder for the commands after it. A word that is not a file does no harm.
 */
export async function namedFiles(commands: readonly CommandLine[], read: ReadFile): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  const seen = new Set<string>();
  const open = commands.map((command) => ({ ...command, isScript: false }));
  for (let line = open.shift(); line !== undefined && seen.size < mostScripts; line = open.shift()) {
    for (const { words, folder } of segments(line)) {
      const places = (word: string) => [path.posix.join(folder, word), path.posix.normalize(word)].map((one) => one.replace(/^\.\//, ''));
      const files = line.isScript ? executed(words) : words;
      const recipe = recipes[path.posix.basename(words[0] ?? '')] ?? [];
      if (!line.isScript) for (const word of words) for (const place of places(word)) named.add(place);
      for (const place of [...files, ...recipe].flatMap(places)) {
        if (seen.has(place) || place.startsWith('..') || place === '.' || place === '') continue;
        const text = await read(place);
        if (text === null) continue;
        seen.add(place);
        named.add(place);
        open.push({ text, folder, isScript: true });
      }
    }
  }
  return named;
}

/** The words of each simple command, and its folder. */
function* segments({ text, folder: begin }: CommandLine): Generator<{ words: string[]; folder: string }> {
  let folder = begin;
  for (const part of text.split(/&&|\|\||[;|&\n()`{}]/)) {
    const words = part
      .split(/[\s<>"'=$]+/)
      .map((word) => word.replace(/^@/, ''))
      .filter((word) => word !== '' && !word.startsWith('-'));
    if (words[0] === 'cd' || words[0] === 'pushd') folder = path.posix.join(folder, words[1] ?? '.');
    else if (words.length > 0) yield { words, folder };
  }
}

/** The words of a line in a script that are run and not only read. */
function executed(words: readonly string[]): string[] {
  const first = words.findIndex((word) => !interpreter.test(path.posix.basename(word)));
  return first === -1 ? [] : [words[first] ?? ''];
}
