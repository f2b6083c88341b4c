import type { World } from '@dispatcher/testing/faults/environment/environment.ts';
import { sendRequest } from '@dispatcher/testing/faults/load/send-request.ts';

/** Sends a request with the admin key for the organization `acme`; throws when it is not answered 2xx. */
export async function post({ nodes, adminKey }: World, path: string, body: object, timeoutMs = 15_000): Promise<unknown> {
  const sent = await sendRequest({
    url: nodes[0].url,
    method: 'POST',
    path,
    apiKey: adminKey,
    body: { organization_id: 'acme', ...body },
    timeoutMs,
  });
  const { status, code } = sent.attempt;
  if (status === null || status >= 300) throw new Error(`${path} was answered ${status} ${code}.`);
  return sent.body;
}

/** Creates the organization `acme` by creating a key for it. */
export async function createAcme(world: World): Promise<void> {
  await post(world, '/keys', { name: 'measurements' });
}
