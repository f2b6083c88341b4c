import { homedir } from 'node:os';
import path from 'node:path';
import { readSettings } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';
import { agentCommand } from './agent/command.ts';
import { wordsFromLine } from './agent/words.ts';
import type { DispatcherAddress } from './claim/dispatcher.ts';
import { dispatcherAddress } from './claim/dispatcher-address.ts';

/** The settings of a daemon. */
export interface OrchestratorSettings {
  readonly dispatcher: DispatcherAddress;
  /** Whether it builds tasks. A merger only lands what others have built. */
  readonly builds: boolean;
  /** How many agents may work at the same time; for a merger, how many candidates it has in hand. */
  readonly maxAgents: number;
  readonly agentPrefix: string;
  /** The beginning of each worktree folder's name: `-<agent>/<task id>` follows. */
  readonly worktreeBaseDir: string;
  /** Whether it lands finished work, or hands it over to a merger. */
  readonly mergeEnabled: boolean;
  /** How many candidates are verified together, at most. */
  readonly mergeBatch: number;
  /** The agent's command line, with its arguments. */
  readonly agentCommand: readonly string[];
  readonly repoDir: string;
  /** Whether the repository was named. If not, it is the one around the current folder. */
  readonly isRepoNamed: boolean;
  readonly baseBranch: string;
  /** Shell command lines. Where they are undefined, the base commit decides. */
  readonly setupCommand: string | undefined;
  readonly verifyCommand: string | undefined;
  /** The time limit of each round of an agent, each set-up and each verification. */
  readonly agentTimeoutMs: number;
  /** How many rounds an agent gets for one claim. */
  readonly attempts: number;
  /** Only tasks that match are claimed. */
  readonly filters: { readonly owner?: string; readonly project?: string; readonly layer?: string; readonly milestone?: string };
  /** The folder of runs, logs, locks and clones. */
  readonly stateDir: string;
  readonly logLevel: string;
  /** Names of more variables for agents, and for set-up and verification. */
  readonly agentEnv: readonly string[];
  readonly commandEnv: readonly string[];
  /** Patterns of more files that decide what the verification does. */
  readonly guardedFiles: readonly string[];
  /** The daemon's own environment. Agents and commands get a part of it, chosen by allow-lists. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The two kinds of daemon. A merger builds nothing and needs no agent. */
export type Role = 'daemon' | 'merger';

/** Reads and checks the settings. Throws a `SettingsError` with everything that is wrong. */
export function readOrchestratorSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
  role: Role = 'daemon',
): OrchestratorSettings {
  const settings = readSettings(daemonSettings, env);
  return {
    ...slots[role](settings),
    dispatcher: dispatcherAddress(settings),
    agentPrefix: settings.AGENT_PREFIX,
    worktreeBaseDir: path.resolve(settings.WORKTREE_BASE_DIR),
    agentCommand: agentCommand(settings.CLAUDE_CMD, settings.CLAUDE_ARGS, settings.CLAUDE_MODEL),
    repoDir: path.resolve(settings.ORCH_REPO_DIR ?? process.cwd()),
    isRepoNamed: settings.ORCH_REPO_DIR !== undefined,
    baseBranch: settings.ORCH_BASE_BRANCH,
    setupCommand: settings.ORCH_SETUP_CMD,
    verifyCommand: settings.ORCH_VERIFY_CMD,
    agentTimeoutMs: settings.ORCH_AGENT_TIMEOUT_MINUTES * 60_000,
    attempts: settings.ORCH_ATTEMPTS,
    filters: {
      ...(settings.ORCH_OWNER && { owner: settings.ORCH_OWNER }),
      ...(settings.ORCH_PROJECT && { project: settings.ORCH_PROJECT }),
      ...(settings.ORCH_LAYER && { layer: settings.ORCH_LAYER }),
      ...(settings.ORCH_MILESTONE && { milestone: settings.ORCH_MILESTONE }),
    },
    stateDir: path.join(settings.XDG_STATE_HOME ?? path.join(homedir(), '.local', 'state'), 'dispatcher', 'orchestrator'),
    logLevel: settings.LOG_LEVEL,
    agentEnv: settings.ORCH_AGENT_ENV,
    commandEnv: settings.ORCH_COMMAND_ENV,
    guardedFiles: settings.ORCH_GUARDED_FILES,
    environment: env,
  };
}

/** `.dispatcher` in Dispatcher's own folder, where `npm start` keeps its data. */
const defaultDataDir = path.join(import.meta.dirname, '..', '.dispatcher');

const words = (rule: string) =>
  z.string().transform((line, context) => {
    const found = wordsFromLine(line);
    if (found !== null && found.length > 0) return found;
    context.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  });

/** Variables with the dispatcher's own keys are never passed on. */
const variableNames = z
  .string()
  .regex(/^(\s*(?!DISPATCHER_|RECURSIV_|DATABASE_URL)[A-Za-z_]\w*\s*(,|$))*$/)
  .default('')
  .describe('names of variables, separated by commas; none of those that begin with DISPATCHER_ or RECURSIV_')
  .transform(listOf);

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

const filter = z.string().min(1).max(200).optional().describe('1 to 200 characters');

/** What a daemon reads from the environment. */
export const daemonSettings = z.object({
  DISPATCHER_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('the URL of the dispatcher, such as http://localhost:3000/api/v1/dispatcher'),
  DISPATCHER_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,500}$/)
    .optional()
    .describe('8 to 500 visible ASCII characters without spaces'),
  DISPATCHER_DATA_DIR: z.string().default(defaultDataDir).describe('a folder'),
  RECURSIV_ORGANIZATION_ID: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)
    .optional()
    .describe('an organization id: lower-case letters, digits, _ and -, up to 64'),
  MAX_AGENTS: z.coerce.number().int().min(1).max(100).default(3).describe('a whole number from 1 to 100'),
  AGENT_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/)
    .default('auto')
    .describe('letters, digits, _ and -, up to 50, a letter or digit first'),
  WORKTREE_BASE_DIR: z.string().default('/tmp/social-dev-agents').describe('a path'),
  MERGE_ENABLED: z.enum(['true', 'false']).default('true').describe('true or false'),
  ORCH_MERGE_BATCH: z.coerce.number().int().min(1).max(50).optional().describe('a whole number from 1 to 50'),
  CLAUDE_CMD: words('a command, with quotes closed').default(['claude']),
  CLAUDE_ARGS: words('arguments, with quotes closed').optional(),
  CLAUDE_MODEL: z
    .string()
    .regex(/^[^-\s]\S*$/)
    .optional()
    .describe('the name of a model'),
  ORCH_REPO_DIR: z.string().optional().describe('a folder inside a git repository'),
  ORCH_BASE_BRANCH: z
    .string()
    .regex(/^(?!.*(\.\.|@\{|\/\/|\.lock$|[./]$))[^-./\s~^:?*[\\\p{Cc}][^\s~^:?*[\\\p{Cc}]*$/u)
    .default('main')
    .describe('the name of a branch'),
  ORCH_SETUP_CMD: z.string().optional().describe('a shell command'),
  ORCH_VERIFY_CMD: z.string().optional().describe('a shell command'),
  ORCH_AGENT_TIMEOUT_MINUTES: z.coerce.number().positive().max(10_080).default(60).describe('a number of minutes over 0, up to 10080'),
  ORCH_ATTEMPTS: z.coerce.number().int().min(1).max(20).default(2).describe('a whole number from 1 to 20'),
  ORCH_AGENT_ENV: variableNames,
  ORCH_COMMAND_ENV: variableNames,
  ORCH_GUARDED_FILES: z.string().default('').describe('patterns of paths, separated by commas').transform(listOf),
  ORCH_OWNER: filter,
  ORCH_PROJECT: filter,
  ORCH_LAYER: z.enum(['core', 'plugin', 'ops']).optional().describe('core, plugin or ops'),
  ORCH_MILESTONE: filter,
  XDG_STATE_HOME: z.string().startsWith('/').optional().describe('an absolute path'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('fatal, error, warn, info, debug, trace or silent'),
});

/** The settings that a merger uses; the others are for daemons that build. */
export const mergerSettings = daemonSettings.omit({
  MAX_AGENTS: true,
  MERGE_ENABLED: true,
  CLAUDE_CMD: true,
  CLAUDE_ARGS: true,
  CLAUDE_MODEL: true,
  ORCH_ATTEMPTS: true,
});

type Fields = z.infer<typeof daemonSettings>;

/** In a larger batch, finding the commit at fault costs more time than the batch saves. */
const mergerBatch = 10;

/** A merger has slots for two batches: while it verifies one, the next one gathers. */
const slots: Record<Role, (settings: Fields) => Pick<OrchestratorSettings, 'builds' | 'maxAgents' | 'mergeEnabled' | 'mergeBatch'>> = {
  daemon: ({ MAX_AGENTS, MERGE_ENABLED, ORCH_MERGE_BATCH = 1 }) => ({
    builds: true,
    maxAgents: MAX_AGENTS,
    mergeEnabled: MERGE_ENABLED === 'true',
    mergeBatch: ORCH_MERGE_BATCH,
  }),
  merger: ({ ORCH_MERGE_BATCH = mergerBatch }) => ({
    builds: false,
    maxAgents: 2 * ORCH_MERGE_BATCH,
    mergeEnabled: true,
    mergeBatch: ORCH_MERGE_BATCH,
  }),
};
