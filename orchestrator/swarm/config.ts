import path from 'node:path';
import { readSettings, SettingsError } from '@dispatcher/kit/settings/settings.ts';
import { z } from 'zod';
import { daemonSettings, type OrchestratorSettings, readOrchestratorSettings } from '../config.ts';

/** The settings that `status` and `stop` need. */
export interface SwarmPlace {
  /** Where its members' files and logs are. */
  readonly dir: string;
  /** How long a stop lets members finish before their work is given back. */
  readonly stopMs: number;
}

/** The settings that `start` needs. */
export interface SwarmSettings extends SwarmPlace {
  /** How many members should run. */
  readonly count: number;
  /** The settings of each member. */
  readonly member: OrchestratorSettings;
}

const fields = z.object({
  ORCH_SWARM_COUNT: z.coerce.number().int().min(1).max(100).default(2).describe('a whole number from 1 to 100'),
  ORCH_SWARM_MAX_AGENTS: z.coerce.number().int().min(1).max(100).default(1).describe('a whole number from 1 to 100'),
  ORCH_SWARM_DIR: z.string().startsWith('/').default('/tmp/social-dev-orchestrator-swarm').describe('an absolute path'),
  ORCH_SWARM_STOP_MINUTES: z.coerce.number().min(0).max(10_080).default(15).describe('a number of minutes from 0 to 10080'),
});

/** What `start` reads from the environment, the settings of the members included. */
export const swarmSettings = fields.extend(daemonSettings.omit({ MAX_AGENTS: true }).shape);

/** What `status` and `stop` read. */
export const swarmPlaceSettings = fields.pick({ ORCH_SWARM_DIR: true, ORCH_SWARM_STOP_MINUTES: true });

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads where the swarm is. Throws a `SettingsError` with everything that is wrong. */
export function readSwarmPlace(env: Environment = process.env): SwarmPlace {
  const settings = readSettings(swarmPlaceSettings, env);
  return { dir: path.resolve(settings.ORCH_SWARM_DIR), stopMs: settings.ORCH_SWARM_STOP_MINUTES * 60_000 };
}

/** Reads the settings of a start and of its members. Throws a `SettingsError` with everything that is wrong. */
export function readSwarmSettings(env: Environment = process.env): SwarmSettings {
  const swarm = orFault(() => readSettings(fields, env));
  const member = orFault(() => readOrchestratorSettings({ ...env, MAX_AGENTS: '1' }));
  if (swarm instanceof SettingsError || member instanceof SettingsError) {
    throw new SettingsError([swarm, member].flatMap((one) => (one instanceof SettingsError ? one.faults : [])));
  }
  const environment = { ...env, MAX_AGENTS: String(swarm.ORCH_SWARM_MAX_AGENTS) };
  return { ...readSwarmPlace(env), count: swarm.ORCH_SWARM_COUNT, member: { ...member, maxAgents: swarm.ORCH_SWARM_MAX_AGENTS, environment } };
}

function orFault<T>(read: () => T): T | SettingsError {
  try {
    return read();
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
}
