import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { descendantsOf } from '@dispatcher/testing/harness/descendants-of.ts';
import { apiPath } from '@dispatcher/testing/system/harness/api-path.ts';
import { z } from 'zod';
import { type CpuClocks, cpuOfProcess } from '../measure/cpu.ts';
import { startDispatcherProcess } from './dispatcher-process.ts';
import { organization } from './insert-tasks.ts';
import type { Stage } from './stage.ts';

/** Dispatcher as its users run it, on a database of the benchmark. */
export interface DispatcherServer {
  readonly url: string;
  readonly grpcAddress: string;
  /** A key of the organization that has the tasks. */
  readonly key: string;
  readonly adminKey: string;
  /** A clock for each of its processes. */
  readonly clocks: CpuClocks;
}

/** Starts `npm start`, or `npm run start:services` for one process per service. */
export async function startDispatcher(
  stage: Stage,
  resources: AsyncDisposableStack,
  { databaseUrl, asProcesses = false }: { databaseUrl: string; asProcesses?: boolean },
): Promise<DispatcherServer> {
  const adminKey = `sk_admin_${randomBytes(24).toString('hex')}`;
  const settings = { DATABASE_URL: databaseUrl, DISPATCHER_API_KEY: adminKey };
  const main = resources.use(await startDispatcherProcess(await stage.folder(), settings, asProcesses));
  const { pid, url } = main;
  return {
    url,
    grpcAddress: (await main.credentials()).grpc_url,
    key: await createKey(url, adminKey),
    adminKey,
    clocks: asProcesses ? await clocksBelow(pid) : { server: cpuOfProcess(pid) },
  };
}

async function createKey(url: string, adminKey: string): Promise<string> {
  const response = await fetch(`${url}${apiPath}/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ organization_id: organization, name: 'bench' }),
  });
  return z.object({ data: z.object({ key: z.string() }) }).parse(await response.json()).data.key;
}

/** The child processes of a process, by the folders of their programs. */
async function clocksBelow(pid: number): Promise<CpuClocks> {
  const named = (await descendantsOf(pid)).map(async (each) => [await nameOf(each), cpuOfProcess(each)] as const);
  return Object.fromEntries(await Promise.all(named));
}

async function nameOf(pid: number): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return /([\w-]+)\/main\.ts/.exec(command)?.[1] ?? /([\w-]+)\0/.exec(command)?.[1] ?? String(pid);
}
