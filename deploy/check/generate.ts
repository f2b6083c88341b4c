import { execFileSync } from 'node:child_process';
import { layProtoDeps } from './proto-deps.ts';

layProtoDeps('.proto-deps');
execFileSync('buf', ['generate'], { stdio: 'inherit' });
