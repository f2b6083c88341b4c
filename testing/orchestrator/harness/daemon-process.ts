// Runs a daemon with the short timings of the tests. With the argument `merger` it runs a merger. Settings come from
// the environment. SIGTERM lets it finish its current work.
import { readOrchestratorSettings } from '@dispatcher/orchestrator/config.ts';
import { openDaemon } from '@dispatcher/orchestrator/daemon/open-daemon.ts';
import { testTimings } from './timings.ts';

await using daemon = await openDaemon(readOrchestratorSettings(undefined, process.argv[2] === 'merger' ? 'merger' : 'daemon'), testTimings);
const drain = new AbortController();
process.on('SIGTERM', () => drain.abort());
process.stdout.write('ready\n');
await daemon.run({ drain: drain.signal, interrupt: new AbortController().signal });
