// A daemon, or with the word `merger` a merger, as a process of its own, at the pace of the tests; settings come from its environment. The first SIGTERM drains it.
import { readOrchestratorSettings } from '@dispatcher/orchestrator/config.ts';
import { openDaemon } from '@dispatcher/orchestrator/daemon/open-daemon.ts';
import { testTimings } from './timings.ts';

await using daemon = await openDaemon(readOrchestratorSettings(undefined, process.argv[2] === 'merger' ? 'merger' : 'daemon'), testTimings);
const drain = new AbortController();
process.on('SIGTERM', () => drain.abort());
process.stdout.write('ready\n');
await daemon.run({ drain: drain.signal, interrupt: new AbortController().signal });
