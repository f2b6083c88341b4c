import { rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { runFromCommandLine } from '../daemon/run-from-command-line.ts';
import { startWord } from './start-member.ts';
import { openSwarmFolder } from './swarm-folder.ts';
import { memberFile, memberLog } from './swarm-member.ts';

// A member of a swarm. It waits for one word on standard input, which it gets when its file has been written. So a
// start that is killed before leaves no member that nobody knows.
const [name = '', dir = ''] = process.argv.slice(2);
if ((await text(process.stdin)) === startWord) {
  const folder = await openSwarmFolder(dir);
  const statusFile = memberFile(folder, name);
  // The process inherited the lock on its name as an open file, and holds it until it ends.
  const lock = { [Symbol.asyncDispose]: () => Promise.resolve() };
  await runFromCommandLine('daemon', { member: { name, lock }, logFile: memberLog(folder, name), statusFile });
  // The file of a member that failed stays, so that `status` shows it as dead.
  if (process.exitCode === undefined) await rm(statusFile, { force: true });
}
