// A daemon as a process of its own, at the pace of the tests; settings come from its environment. The first SIGTERM drains it.
import { readOrchestratorSettings } from '../config.ts';
import { openDaemon } from '../open-daemon.ts';
import { testTimings } from './timings.ts';

await using daemon = await openDaemon(readOrchestratorSettings(), testTimings);
const drain = new AbortController();
process.on('SIGTERM', () => drain.abort());
process.stdout.write('ready\n');
await daemon.run({ drain: drain.signal, interrupt: new AbortController().signal });
