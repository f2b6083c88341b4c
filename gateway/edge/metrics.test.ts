import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { describe, expect, it } from 'vitest';

describe('the metrics', () => {
  it('show request durations by route pattern, never by a path that a caller invented', async () => {
    await using gateway = await useGateway([]);
    await gateway.send('GET', '/healthz');
    await gateway.send('GET', '/nothing/made-up');
    const answer = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${gateway.adminKey}` } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain('dispatcher_http_request_duration_seconds_count{method="GET",route="/healthz",status="200"} 1');
    expect(text).toContain('dispatcher_streams_open 0');
    expect(text).not.toContain('made-up');
  });

  it('are only for the admin key', async () => {
    await using gateway = await useGateway([]);
    expect(await gateway.send('GET', '/metrics', { headers: { authorization: '' } })).toMatchObject({ status: 401 });
    expect(await gateway.send('GET', '/metrics')).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  });
});
