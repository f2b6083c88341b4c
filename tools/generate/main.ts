import { join } from 'node:path';
import { root } from '../run-tool.ts';
import { generateCode } from './generate-code.ts';
import { layProtoDeps } from './proto-deps.ts';

layProtoDeps(join(root, '.proto-deps'));
const fault = await generateCode(root);
if (fault) console.error(fault);
process.exitCode = fault ? 1 : 0;
