import { parseArgs } from 'node:util';
import { startChannelWays } from './channel-ways.ts';
import { startRestWays } from './rest-ways.ts';
import { compareWays, tableOf } from './rounds.ts';

const channelInFlight = [1, 32, 128];
const restInFlight = [1, 32, 128];

const help = `Compares the channel between gateway and service with other ways to call a
service: npm run bench:channel. It takes about two minutes.`;

const { values } = parseArgs({ options: { help: { type: 'boolean', default: false } } });
if (values.help) {
  console.log(help);
  process.exit(0);
}

{
  using channel = await startChannelWays();
  const figures = await compareWays(channel.ways, { inFlight: channelInFlight, rounds: 5, seconds: 1 });
  console.log(`${tableOf('calls/s with … in flight (part of the first)', channel.ways, channelInFlight, figures)}\n`);
}
{
  await using rest = await startRestWays(Math.max(...restInFlight));
  const figures = await compareWays(rest.ways, { inFlight: restInFlight, rounds: 5, seconds: 3 });
  console.log(tableOf('tasks claimed and completed a second over REST with … in flight (part of the first)', rest.ways, restInFlight, figures));
}
process.exit(0);
