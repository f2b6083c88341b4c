import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';

/** What the CLI reads from its environment. An empty variable counts as unset. */
export interface Environment {
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
  readonly organizationId: string | undefined;
  /** The name of the claimer unless a flag names another. */
  readonly agent: string;
  /** What a person types to run this program, so that hints can be copied. */
  readonly command: string;
  /** The file in which `login` saves the URL and the key. */
  readonly loginFile: string;
}

/** Reads the environment: the variables of the SDK, `DISPATCHER_AGENT`, and the user's config folder. */
export function readEnvironment(): Environment {
  return {
    apiKey: variable('RECURSIV_API_KEY'),
    baseUrl: variable('RECURSIV_BASE_URL'),
    organizationId: variable('RECURSIV_ORGANIZATION_ID'),
    agent: variable('DISPATCHER_AGENT') ?? `${userInfo().username}@${hostname()}`,
    command: variable('npm_lifecycle_event') === 'dispatcher' ? 'npm run -s dispatcher --' : 'dispatcher',
    loginFile: join(variable('XDG_CONFIG_HOME') ?? join(homedir(), '.config'), 'dispatcher', 'login.json'),
  };
}

/** The environment of a command that works on a task: the CLI's own without the key, and the task. */
export function environmentForCommand(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { RECURSIV_API_KEY: _, ...rest } = process.env;
  return { ...rest, ...more };
}

function variable(name: string): string | undefined {
  return process.env[name] || undefined;
}
