import { randomBytes } from 'node:crypto';
import { type ServicesOptions, type TestServices, useServices } from '../../harness/use-services.ts';
import { createRestClient, type RestClient } from './rest-client.ts';

/** The whole system, with a caller of an organization that no other test uses. */
export interface Acme extends AsyncDisposable {
  readonly services: TestServices;
  readonly organizationId: string;
  readonly key: string;
  readonly rest: RestClient;
  /** A caller with the admin key. */
  readonly admin: RestClient;
}

/** Starts the system for a test, with these options. */
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

/** Creates an organization with this name that no other test uses. */
export const newOrganizationId = (name: string): string => `${name}-${randomBytes(4).toString('hex')}`;
