import { closeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { runFromCommandLine } from '../run-from-command-line.ts';
import { memberLockDescriptor, startWord } from './start-member.ts';
import { openSwarmFolder } from './swarm-folder.ts';
import { memberFile, memberLog } from './swarm-member.ts';

// A member of a swarm: a daemon that whoever started it knows by name. It begins when that is written down; a start that was killed before leaves nothing.
const [name = '', dir = ''] = process.argv.slice(2);
if ((await text(process.stdin)) === startWord) {
  const folder = await openSwarmFolder(dir);
  const lock = {
    [Symbol.asyncDispose]: async () => closeSync(memberLockDescriptor),
  };
  await runFromCommandLine('daemon', { member: { name, lock }, logFile: memberLog(folder, name), statusFile: memberFile(folder, name) });
}
