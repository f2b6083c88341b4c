import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../run-tool.ts';
import { protoComments } from './proto-comments.ts';

/**
 * Generates everything that comes from the protos, into `folder`, with the paths of the repository. Returns what is
 * wrong with the protos, or an empty text.
 */
export async function generateCode(folder: string): Promise<string> {
  const fault = await runTool('buf', ['generate', '--output', folder]);
  if (fault) return fault;
  await mkdir(join(folder, 'proto/gen'), { recursive: true });
  await writeFile(join(folder, 'proto/gen/comments.json'), `${JSON.stringify(protoComments(), null, 2)}\n`);
  return '';
}
