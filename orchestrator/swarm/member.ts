import { rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { runFromCommandLine } from '../daemon/run-from-command-line.ts';
import { startWord } from './start-member.ts';
import { openSwarmFolder } from './swarm-folder.ts';
import { memberFile, memberLog } from './swarm-member.ts';

// A member of a swarm: a daemon that whoever started it knows by name. It begins when that is written down; a start that was killed before leaves nothing.
const [name = '', dir = ''] = process.argv.slice(2);
if ((await text(process.stdin)) === startWord) {
  const folder = await openSwarmFolder(dir);
  const statusFile = memberFile(folder, name);
  // The lock on the name came with the process and goes with it.
  const lock = { [Symbol.asyncDispose]: () => Promise.resolve() };
  await runFromCommandLine('daemon', { member: { name, lock }, logFile: memberLog(folder, name), statusFile });
  // Who ends as asked is not missed; the file of one that failed says that it did.
  if (process.exitCode === undefined) await rm(statusFile, { force: true });
}
