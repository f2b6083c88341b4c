import { createLog } from '@dispatcher/kit/telemetry/log.ts';
import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { expect, test, vi } from 'vitest';

const api = '/api/v1/dispatcher';

async function useLogged(level: string, handlers = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog(level, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const gateway = await useGateway([createRecordingServices(handlers).routes], { log });
  const requests = () => lines.filter(({ msg }) => msg === 'request');
  return { ...gateway, requests, text: () => JSON.stringify(lines) };
}

test('at debug each request has a line with its id, key, organization, route, status and time, and no secret', async () => {
  await using gateway = await useLogged('debug');
  const ok = await gateway.send('GET', `${api}/tasks/one?organization_id=acme`);
  const refused = await fetch(`${gateway.url}${api}/stats`, { headers: { authorization: 'Bearer sk_live_wrong' } });
  const lost = await fetch(`${gateway.url}/nowhere/secret-path`);
  await vi.waitFor(() => expect(gateway.requests()).toHaveLength(3));
  const ids = [ok, refused, lost].map(({ headers }) => headers.get('x-request-id'));
  expect(gateway.requests()).toEqual([
    expect.objectContaining({ request_id: ids[0], organization: 'acme', route: `GET ${api}/tasks/:task_id`, status: 200, ms: expect.any(Number) }),
    expect.objectContaining({ request_id: ids[1], key_id: null, organization: null, route: `GET ${api}/stats`, status: 401 }),
    expect.objectContaining({ request_id: ids[2], route: 'GET unknown', status: 404 }),
  ]);
  expect(gateway.text()).not.toMatch(/sk_live|secret-path|Bearer/);
});

test('at info only failures of the server have a line', async () => {
  await using gateway = await useLogged('info', {
    GetStats: () => {
      throw new Error('a fault');
    },
  });
  await gateway.send('GET', `${api}/tasks/one`);
  const { headers } = await gateway.send('GET', `${api}/stats`);
  await vi.waitFor(() => expect(gateway.requests()).toHaveLength(1));
  expect(gateway.requests()).toEqual([expect.objectContaining({ request_id: headers.get('x-request-id'), status: 500 })]);
});
