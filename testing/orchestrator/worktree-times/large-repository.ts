import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

/** The size of the repository. */
export interface RepositorySize {
  readonly files: number;
  /** The size of old history that the newest commit does not contain, in MiB. It cannot be compressed. */
  readonly historyMiB: number;
  readonly tags: number;
}

const person = 'Person <person@localhost>';
const line = 'export const line = "some text that a source file may have";\n';

/** Makes a bare repository with files of 4 KiB in 2,000 folders. */
export async function makeLargeRepository(folder: string, size: RepositorySize): Promise<void> {
  execFileSync('git', ['init', '-q', '--bare', '--initial-branch=main', folder]);
  const child = spawn('git', ['--git-dir', folder, '-c', 'core.bigFileThreshold=900k', 'fast-import', '--quiet', '--done'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const closed = once(child, 'close');
  for (const chunk of stream(size)) if (!child.stdin.write(chunk)) await once(child.stdin, 'drain');
  child.stdin.end();
  const [code] = await closed;
  if (code !== 0) throw new Error(`git fast-import ended with exit code ${code}`);
}

function* stream({ files, historyMiB, tags }: RepositorySize): Generator<string | Buffer> {
  let commit = 0;
  const head = () => {
    const from = commit === 0 ? '' : `from :${commit}\n`;
    commit += 1;
    return `commit refs/heads/main\nmark :${commit}\ncommitter ${person} ${1_700_000_000 + commit} +0000\ndata 2\nx\n${from}deleteall\n`;
  };
  for (let done = 0; done < historyMiB; done++) {
    yield `${head()}M 100644 inline large.bin\ndata ${1 << 20}\n`;
    yield randomBytes(1 << 20);
    yield '\n';
  }
  yield head();
  for (let file = 0; file < files; file++) {
    const text = `// ${file}\n${line.repeat(66)}`;
    yield `M 100644 inline src/${file % 100}/${Math.floor(file / 100) % 20}/file-${file}.ts\ndata ${text.length}\n${text}\n`;
  }
  for (let tag = 0; tag < tags; tag++) yield `reset refs/tags/v${tag}\nfrom :${commit}\n\n`;
  yield 'done\n';
}
