import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { protoComments } from './proto-comments.ts';
import { layProtoDeps } from './proto-deps.ts';

layProtoDeps('.proto-deps');
execFileSync('buf', ['generate'], { stdio: 'inherit' });
writeFileSync('proto/gen/comments.json', `${JSON.stringify(protoComments(), null, 2)}\n`);
