import { randomBytes } from 'node:crypto';
import { readCredentials } from '@dispatcher/local/data-folder/credentials.ts';
import { startMain } from '../harness/start-main.ts';
import { useFolder } from '../harness/use-folder.ts';
import { createTaskClient, type TaskClient } from './task-client.ts';

/** A running dispatcher that a probe may attack. */
export interface Scene extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** The gRPC address: `http://127.0.0.1:<port>`. */
  readonly grpcUrl: string;
  readonly adminKey: string;
  /** The process id of Dispatcher, or of the first of its processes. */
  readonly pid: number;
  /** How long each measurement lasts. */
  readonly measureMs: number;
  /** Whether a probe should do less, because it runs as part of the tests. */
  readonly quick: boolean;
  /** Everything it has printed so far. */
  output(): string;
  /** Creates a caller of a new organization. */
  createCaller(name: string): Promise<Caller>;
  /** Creates another key of an organization. */
  createKey(organizationId: string): Promise<string>;
}

/** A caller with a key. */
interface Caller extends TaskClient {
  readonly organizationId: string;
  readonly key: string;
}

/** How to start it. */
export interface SceneOptions {
  readonly measureMs: number;
  readonly quick?: boolean;
  /** Run each service and the gateway as a separate process. */
  readonly split?: boolean;
}

/** Starts a dispatcher on its own database. Disposing it removes everything. */
export async function startScene({ measureMs, quick = false, split = false }: SceneOptions): Promise<Scene> {
  await using resources = new AsyncDisposableStack();
  const { path } = resources.use(await useFolder());
  const main = resources.use(startMain({ LOG_LEVEL: 'info', DISPATCHER_DATA_DIR: path }, { asProcesses: split }));
  await main.ready;
  const credentials = await readCredentials(path);
  const { pid } = main.child;
  if (!credentials || pid === undefined) throw new Error(`Dispatcher is running but has no credentials:\n${main.output()}`);
  const { url, admin_key: adminKey, grpc_url } = credentials;
  const admin = createTaskClient(url, adminKey);
  const createKey = async (organizationId: string): Promise<string> => {
    const { status, body } = await admin.send('POST', '/keys', { body: { organization_id: organizationId, name: 'probe' } });
    if (status !== 201) throw new Error(`POST /keys answered ${status}: ${body}`);
    return (JSON.parse(body) as { data: { key: string } }).data.key;
  };
  const running = resources.move();
  return {
    url,
    grpcUrl: `http://${grpc_url}`,
    adminKey,
    pid,
    measureMs,
    quick,
    output: main.output,
    createKey,
    async createCaller(name) {
      const organizationId = `${name}-${randomBytes(4).toString('hex')}`;
      const key = await createKey(organizationId);
      return { organizationId, key, ...createTaskClient(url, key) };
    },
    async [Symbol.asyncDispose]() {
      admin[Symbol.dispose]();
      await running.disposeAsync();
    },
  };
}
