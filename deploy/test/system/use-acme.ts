import { type TestServices, useServices } from '../use-services.ts';
import { createRestClient, type RestClient } from './rest-client.ts';

/** The whole system in the test's process, with a caller of the organization `acme`. */
export interface Acme extends AsyncDisposable {
  readonly services: TestServices;
  readonly key: string;
  readonly rest: RestClient;
  /** A caller with the admin key. */
  readonly admin: RestClient;
}

/** Starts it, with these settings over the defaults. */
export async function useAcme(env: Record<string, string> = {}): Promise<Acme> {
  await using resources = new AsyncDisposableStack();
  const services = resources.use(await useServices(env));
  const key = await services.createKey('acme');
  const running = resources.move();
  return {
    services,
    key,
    rest: createRestClient(services.url, key),
    admin: createRestClient(services.url, services.adminKey),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
