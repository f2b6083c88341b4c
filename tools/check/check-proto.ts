import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateCode } from '../generate/generate-code.ts';
import { layProtoDeps } from '../generate/proto-deps.ts';
import { root, run, runTool } from '../run-tool.ts';

/** Checks the contract: its style, that no change breaks a client, and that the generated code is up to date. */
export async function checkProto(): Promise<string> {
  layProtoDeps(join(root, '.proto-deps'));
  const folder = await mkdtemp(join(tmpdir(), 'dispatcher-check-'));
  try {
    const faults = [await runTool('buf', ['lint']), await checkBreaking(join(folder, 'before')), await checkGenerated(join(folder, 'generated'))];
    return faults.filter((fault) => fault !== '').join('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Compares with the last release. Before the first release, compares with the previous commit. */
async function checkBreaking(folder: string): Promise<string> {
  const tag = await run('git', ['describe', '--tags', '--abbrev=0']);
  const baseline = tag.code === 0 ? tag.output.trim() : 'HEAD~1';
  const { code } = await run('git', ['rev-parse', '--verify', '--quiet', `${baseline}:proto`]);
  // The first commit and a shallow clone have no previous commit.
  if (code !== 0) return '';
  const exported = await run('sh', ['-c', 'mkdir -p "$1" && git archive "$2" proto buf.yaml | tar -x -C "$1"', 'sh', folder, baseline]);
  if (exported.code !== 0) return exported.output;
  await cp(join(root, '.proto-deps'), join(folder, '.proto-deps'), { recursive: true });
  const fault = await runTool('buf', ['breaking', '--against', folder]);
  return fault && `Compared with ${baseline}:\n${fault}`;
}

async function checkGenerated(folder: string): Promise<string> {
  const fault = await generateCode(folder);
  if (fault) return fault;
  const { code, output } = await run('git', ['diff', '--no-index', '--stat', 'proto/gen', join(folder, 'proto/gen')]);
  return code === 0 ? '' : `The generated code is out of date. Run \`npm run proto:generate\`.\n${output}`;
}
