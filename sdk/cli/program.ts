import { Command } from 'commander';
import { type Cli, createCli } from './cli.ts';
import { addAttemptsCommand } from './commands/attempts.ts';
import { addClaimCommand } from './commands/claim.ts';
import { addCreateCommand } from './commands/create.ts';
import { addDoneCommand } from './commands/done.ts';
import { addGraphCommand } from './commands/graph.ts';
import { addHeartbeatCommand } from './commands/heartbeat.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addLoginCommand } from './commands/login.ts';
import { addNextCommand } from './commands/next.ts';
import { addReleaseCommand } from './commands/release.ts';
import { addShowCommand } from './commands/show.ts';
import { addStatsCommand } from './commands/stats.ts';
import { addTasksCommand } from './commands/tasks.ts';
import { addWatchCommand } from './commands/watch.ts';
import { addWhyCommand } from './commands/why.ts';
import manifest from './package.json' with { type: 'json' };

const footer = (command: string) => `
Examples:
  $ dispatcher login
  $ dispatcher create "Fix the login page" --owner bill --rev 5 --effort 2
  $ dispatcher tasks --status pending --owner bill
  $ dispatcher next --exec 'npm test'
  $ dispatcher done fix-login --notes "Fixed in #12"

Exit codes: 0 done, 1 error, 2 wrong usage, 3 conflict (somebody else holds the
  task, it is done, ...), 4 nothing to do.
Environment: RECURSIV_API_KEY, RECURSIV_BASE_URL, RECURSIV_ORGANIZATION_ID,
  DISPATCHER_AGENT, NO_COLOR.${command === 'dispatcher' ? '' : `\nIn this folder \`dispatcher\` is \`${command}\`.`}`;

/** The whole command line. */
export function createProgram(given: Pick<Cli, 'environment' | 'printer' | 'stopSignal'>): Command {
  const program = new Command('dispatcher')
    .description('Lists, creates, claims and finishes the tasks of a dispatcher.')
    .option('--url <url>', 'where the API is, such as http://localhost:3000/api/v1')
    .option('--org <id>', 'the organization, for the admin key')
    .option('--json', 'print JSON, for scripts')
    .version(manifest.version, '--version', 'show the version')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('--help says what there is.')
    .addHelpText('after', () => footer(given.environment.command))
    .exitOverride();
  const cli = createCli(program, given);
  const adders = [
    addTasksCommand,
    addShowCommand,
    addGraphCommand,
    addAttemptsCommand,
    addWhyCommand,
    addCreateCommand,
    addNextCommand,
    addClaimCommand,
    addHeartbeatCommand,
    addDoneCommand,
    addReleaseCommand,
    addStatsCommand,
    addWatchCommand,
    addKeysCommand,
    addLoginCommand,
  ];
  for (const add of adders) add(program, cli);
  return program;
}
