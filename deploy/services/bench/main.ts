import { startHopWays } from './hop-ways.ts';
import { startRestWays } from './rest-ways.ts';
import { compareWays, tableOf } from './rounds.ts';

const hopInFlight = [1, 32, 128];
const restInFlight = [1, 32, 128];

{
  using hop = await startHopWays();
  const figures = await compareWays(hop.ways, { inFlight: hopInFlight, rounds: 5, seconds: 1 });
  console.log(`${tableOf('calls/s with … in flight (part of the first)', hop.ways, hopInFlight, figures)}\n`);
}
{
  await using rest = await startRestWays(Math.max(...restInFlight));
  const figures = await compareWays(rest.ways, { inFlight: restInFlight, rounds: 5, seconds: 3 });
  console.log(tableOf('tasks claimed and completed a second over REST with … in flight (part of the first)', rest.ways, restInFlight, figures));
}
process.exit(0);
