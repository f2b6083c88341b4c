import { randomBytes } from 'node:crypto';
import { type ServicesOptions, type TestServices, useServices } from '../../harness/use-services.ts';
import { createRestClient, type RestClient } from './rest-client.ts';

/** The whole system, with a caller of an organization that no other test knows. */
export interface Acme extends AsyncDisposable {
  readonly services: TestServices;
  readonly organizationId: string;
  readonly key: string;
  readonly rest: RestClient;
  /** A caller with the admin key. */
  readonly admin: RestClient;
}

/** Gives it to a test, as the options say. */
export async function useAcme(options?: ServicesOptions): Promise<Acme> {
  await using resources = new AsyncDisposableStack();
  const services = resources.use(await useServices(options));
  const organizationId = newOrganizationId('acme');
  const key = await services.createKey(organizationId);
  const running = resources.move();
  return {
    services,
    organizationId,
    key,
    rest: createRestClient(services.url, key),
    admin: createRestClient(services.url, services.adminKey),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** An organization of this name that no other test knows. */
export const newOrganizationId = (name: string): string => `${name}-${randomBytes(4).toString('hex')}`;
