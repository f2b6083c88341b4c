import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inOrganizationSql } from '@dispatcher/claim/sql/claim-next/claim-next-task.ts';
import { completeTaskSql } from '@dispatcher/claim/sql/complete-task.ts';
import { poolOptions } from '@dispatcher/database/connection/connection-options.ts';
import type { InFlight, Way } from '../measure/comparison.ts';
import { type Run, throughputOf } from '../measure/sample.ts';
import { quantile } from '../report/statistics.ts';
import { organization } from '../stage/insert-tasks.ts';
import type { Stage } from '../stage/stage.ts';
import { createTaskDatabase } from '../stage/task-database.ts';

/** More connections would only wait for each other. */
const mostConnections = 32;

/**
 * Our own statements, run by the load generator of PostgreSQL, to show their cost without Node. Null when pgbench is
 * not installed.
 */
export async function pgbenchWay(stage: Stage, resources: AsyncDisposableStack): Promise<Way<InFlight> | null> {
  if (spawnSync('pgbench', ['--version']).status !== 0) return null;
  const { scale, postgres } = stage;
  const { url, prepare } = await createTaskDatabase(stage, resources);
  // The plans are pinned as on the connections of the services.
  const pinned = `${url}&options=${encodeURIComponent(poolOptions(url).options)}`;
  return {
    name: 'raw statements (pgbench)',
    traits: {
      durable: 'every claim and every completion is committed',
      lease: 'as Dispatcher: these are its statements',
      events: 'every change, in the log; no relay numbers them',
      auth: `none; at most ${mostConnections} connections, one for each claim in flight`,
    },
    async measure({ inFlight }) {
      await prepare(scale.backlog);
      return await throughputOf({ PostgreSQL: postgres.cpu }, async () => runPgbench(pinned, await stage.folder(), inFlight, scale.seconds));
    },
  };
}

async function runPgbench(url: string, folder: string, inFlight: number, seconds: number): Promise<Run> {
  const script = join(folder, 'claim.sql');
  await writeFile(script, `${claimSql} \\gset\n${completeSql};\n`);
  const clients = Math.min(inFlight, mostConnections);
  const log = ['--log', '--log-prefix', join(folder, 'log')];
  const size = ['--client', String(clients), '--jobs', String(Math.min(2, clients)), '--time', String(Math.max(1, Math.round(seconds)))];
  const child = spawn('pgbench', ['--no-vacuum', '--protocol', 'prepared', '--file', script, ...size, ...log, url], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(`pgbench ended with ${code}: ${errors.slice(-500)}`);
  const times = (
    await Promise.all((await readdir(folder)).filter((name) => name.startsWith('log')).map((name) => timesIn(join(folder, name))))
  ).flat();
  const perSecond = Number(/^tps = ([\d.]+)/m.exec(output)?.[1]);
  return { count: times.length, seconds: times.length / perSecond, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

/** The third number of each line is a transaction's time in microseconds. */
async function timesIn(path: string): Promise<number[]> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n').filter(Boolean);
  return lines.map((line) => Number(line.split(' ')[2]) / 1000);
}

/** A statement with literals in place of its parameters. Values that begin with a colon stay variables of pgbench. */
const fill = (sql: string, values: readonly string[]): string => sql.replaceAll(/\$(\d+)/g, (_, number) => values[Number(number) - 1] ?? '');

const identity = [`'${organization}'`, 'NULL', 'NULL'];

const claimSql = fill(inOrganizationSql([], false), [...identity, `'bench'`, `'token'`, '1800', `'build'`, `'${organization}'`]);

const completeSql = fill(completeTaskSql, [...identity, ':organizationId', ':id', ':claimToken::text', `'bench'`, `'bench'`, 'NULL', 'NULL', 'NULL']);
